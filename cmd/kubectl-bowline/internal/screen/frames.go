package screen

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Frames shows one text after the other: on a terminal in the place of the one
// before, elsewhere below it.
type Frames struct {
	out   io.Writer
	size  func() (width, height int) // nil where there is no terminal
	drawn int                        // how many lines stand there to be drawn over
	begun bool
}

// NewFrames shows frames on a stream.
func NewFrames(out io.Writer) *Frames {
	f := &Frames{out: out}
	if IsTerminal(out) {
		f.size = func() (int, int) {
			width, height, err := term.GetSize(int(out.(*os.File).Fd()))
			if err != nil || width < 1 || height < 2 {
				return 80, 24
			}
			return width, height
		}
	}
	return f
}

// Live tells that frames are drawn in place, so that times in them may move.
func (f *Frames) Live() bool { return f.size != nil }

// Draw shows a frame.
func (f *Frames) Draw(text string) {
	if f.size == nil {
		if f.begun {
			fmt.Fprintln(f.out, "---")
		}
		f.begun = true
		fmt.Fprint(f.out, text)
		return
	}
	width, height := f.size()
	lines := fit(text, width, height)
	var out strings.Builder
	if f.drawn > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", f.drawn)
	}
	for _, line := range lines {
		out.WriteString("\r" + line + "\x1b[K\n")
	}
	out.WriteString("\x1b[J")
	fmt.Fprint(f.out, out.String())
	f.drawn = len(lines)
}

// fit cuts a text to what a terminal shows: a line that wraps, or one that
// scrolls away, could not be drawn over.
func fit(text string, width, height int) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if most := height - 1; len(lines) > most {
		hidden := len(lines) - most + 1
		lines = append(lines[:most-1:most-1], fmt.Sprintf("… %d more lines", hidden))
	}
	for i := range lines {
		lines[i] = cut(lines[i], width)
	}
	return lines
}

// cut shortens a line to so many characters. Colors take no room.
func cut(line string, width int) string {
	var out strings.Builder
	shown, colored := 0, false
	for i := 0; i < len(line); {
		if line[i] == '\x1b' {
			end := strings.IndexByte(line[i:], 'm')
			if end < 0 {
				break
			}
			code := line[i : i+end+1]
			colored = code != "\x1b[0m"
			out.WriteString(code)
			i += end + 1
			continue
		}
		next := i + 1
		for next < len(line) && line[next]&0xC0 == 0x80 {
			next++
		}
		if shown == width-1 && visible(line[next:]) {
			out.WriteString("…")
			if colored {
				out.WriteString("\x1b[0m")
			}
			return out.String()
		}
		out.WriteString(line[i:next])
		shown++
		i = next
	}
	return out.String()
}

// visible tells whether a text has more than colors in it.
func visible(text string) bool {
	for strings.HasPrefix(text, "\x1b") {
		end := strings.IndexByte(text, 'm')
		if end < 0 {
			return false
		}
		text = text[end+1:]
	}
	return text != ""
}
