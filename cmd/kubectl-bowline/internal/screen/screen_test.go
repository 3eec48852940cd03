package screen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	paint := Paint{Colors: true}
	got := Table([][]Cell{
		{Plain("NAME"), Plain("STATUS"), Plain("INFO")},
		{Plain("├─shop"), {Text: "✔ Healthy", Paint: func(s string) string { return paint.Marked(Good, s) }}, Plain("x")},
		{Plain("web"), Plain(""), Plain("y")},
		{Plain("last"), Plain("no info  ")},
	})
	want := "NAME    STATUS     INFO\n├─shop  \x1b[32m✔ Healthy\x1b[0m  x\nweb                y\nlast    no info\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoColors(t *testing.T) {
	if got := (Paint{}).Marked(Bad, "no"); got != "no" {
		t.Errorf("got %q", got)
	}
	if PaintFor(&bytes.Buffer{}).Colors {
		t.Error("a buffer is no terminal")
	}
}

func TestCut(t *testing.T) {
	cases := map[string]struct {
		line  string
		width int
		want  string
	}{
		"it fits":                  {"shop", 4, "shop"},
		"it does not":              {"shops", 4, "sho…"},
		"letters of several bytes": {"├─└─✔", 4, "├─└…"},
		"colors take no room":      {"\x1b[32mshop\x1b[0m", 4, "\x1b[32mshop\x1b[0m"},
		"a color ends":             {"\x1b[32mshops\x1b[0m", 4, "\x1b[32msho…\x1b[0m"},
		"after a color":            {"\x1b[32ms\x1b[0mhops", 4, "\x1b[32ms\x1b[0mho…"},
		"a color that has no end":  {"shop\x1b[3", 9, "shop"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := cut(c.line, c.width); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFitLeavesARowForTheCursor(t *testing.T) {
	got := fit("a\nb\nc\nd\ne\n", 80, 4)
	if diff := cmp.Diff([]string{"a", "b", "… 3 more lines"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := fit("a\nb\nc\n", 80, 4); len(got) != 3 {
		t.Errorf("all fits, and %q is shown", got)
	}
}

func TestFrames(t *testing.T) {
	var out bytes.Buffer
	f := NewFrames(&out)
	f.Draw("one\n")
	f.Draw("two\n")
	if want := "one\n---\ntwo\n"; out.String() != want || f.Live() {
		t.Errorf("without a terminal: %q, want %q", out.String(), want)
	}
	out.Reset()
	f = &Frames{out: &out, size: func() (int, int) { return 20, 10 }}
	f.Draw("one\ntwo\n")
	f.Draw("three\n")
	want := "\rone\x1b[K\n\rtwo\x1b[K\n\x1b[J" + "\x1b[2A\rthree\x1b[K\n\x1b[J"
	if out.String() != want || !f.Live() {
		t.Errorf("on a terminal: %q, want %q", out.String(), want)
	}
	if strings.Count(out.String(), "\x1b[2A") != 1 {
		t.Error("the first frame is drawn where the cursor is")
	}
}
