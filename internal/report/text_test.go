package report

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	tests := map[string]struct {
		text  string
		limit int
		want  string
	}{
		"short":                {"abc", 5, "abc"},
		"just right":           {"abcde", 5, "abcde"},
		"long":                 {"abcdefgh", 5, "ab…"},
		"inside a character":   {"aüüüü", 7, "aü…"},
		"before a character":   {"üüüü", 7, "üü…"},
		"no UTF-8":             {"a\xffb", 9, "a\uFFFDb"},
		"no UTF-8, then long":  {"a\xffbcdefgh", 9, "a\uFFFDbc…"},
		"no room but the mark": {"abcdef", 3, "…"},
		"empty":                {"", 3, ""},
		"very long":            {strings.Repeat("ü", 1<<20), 6, "ü…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := cut(test.text, test.limit); got != test.want {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

// TestAroundKeepsTheWayOut: only the foreign text is cut.
func TestAroundKeepsTheWayOut(t *testing.T) {
	got := around("shop-7 failed (Crashing: ", strings.Repeat("m", 5000), "); do this")
	want := "shop-7 failed (Crashing: " + strings.Repeat("m", 1024-25-10-3) + "…); do this"
	if got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestIsReason(t *testing.T) {
	for text, want := range map[string]bool{
		"Healthy": true, "A": true, "a:b,c_": true, "A1": true, strings.Repeat("A", 128): true,
		"": false, "1A": false, "_A": false, "A:": false, "A,": false, "A B": false, "Ä": false, "A-B": false, strings.Repeat("A", 129): false,
	} {
		if got := isReason(text); got != want {
			t.Errorf("%q: %v, not %v", text, got, want)
		}
	}
}
