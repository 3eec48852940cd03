package main

import "testing"

func TestUnknownCommands(t *testing.T) {
	if code := run([]string{"dance"}); code != 64 {
		t.Errorf("exit code %d, want 64", code)
	}
	if code := run([]string{"client", "--dance"}); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
