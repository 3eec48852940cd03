package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "switches")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSwitchesOfEnvironmentAndFile(t *testing.T) {
	file := writeFile(t, "# a comment\n\ncrash-after = 3s\nunready=true\nburn=1s\n")
	got, err := readSwitches([]string{
		"HOME=/", "SWITCHES_FILE=" + file, "SWITCH_CRASH_AFTER=1m", "SWITCH_EXIT_CODE=7", "SWITCH_CRASH_AT_START=true",
		"SWITCH_UNREADY_AFTER=2s", "SWITCH_SLOW_START=4s", "SWITCH_ALLOCATE=64", "SWITCH_DRAIN=0s",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := switches{
		crashAtStart: true, crashAfter: 3 * time.Second, exitCode: 7, unready: true, unreadyAfter: 2 * time.Second,
		slowStart: 4 * time.Second, allocate: 64, burn: time.Second,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNoSwitches(t *testing.T) {
	got, err := readSwitches([]string{"HOME=/"})
	if want := (switches{exitCode: 1, drain: time.Second}); err != nil || got != want {
		t.Errorf("got %+v and error %v, want %+v", got, err, want)
	}
}

func TestWrongSwitches(t *testing.T) {
	const names = "allocate, burn, crash-after, crash-at-start, drain, exit-code, slow-start, unready, unready-after"
	for entry, want := range map[string]string{
		"SWITCH_CRASH=true":          `variable SWITCH_CRASH: there is no switch "crash": use one of ` + names,
		"SWITCH_UNREADY=perhaps":     `variable SWITCH_UNREADY: unready: "perhaps" is neither true nor false`,
		"SWITCH_EXIT_CODE=256":       `variable SWITCH_EXIT_CODE: exit-code: "256" is no number from 0 to 255`,
		"SWITCH_ALLOCATE=-1":         `variable SWITCH_ALLOCATE: allocate: "-1" is no number from 0 to 1024`,
		"SWITCH_BURN=11m":            `variable SWITCH_BURN: burn: "11m" is no duration from 0s to 10m0s, such as 1.5s`,
		"SWITCHES_FILE=/nowhere/any": "open /nowhere/any: no such file or directory",
	} {
		if _, err := readSwitches([]string{entry}); err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", entry, err, want)
		}
	}
	file := writeFile(t, "unready=true\n\ncrash-at-start\n")
	_, err := readSwitches([]string{"SWITCHES_FILE=" + file})
	if want := file + `, line 3: crash-at-start: "" is neither true nor false`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
