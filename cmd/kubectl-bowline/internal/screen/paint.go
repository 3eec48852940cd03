// Package screen writes for people: colors where there is a terminal, tables,
// and frames that are drawn over each other.
package screen

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Mark is how something fares.
type Mark int

// The marks.
const (
	None   Mark = iota // nothing to say
	Good               // as it should be
	Moving             // on its way
	Bad                // not as it should be
)

// Symbol is the mark in one character.
func (m Mark) Symbol() string {
	return [...]string{"·", "✔", "◌", "✖"}[m]
}

// Paint colors text, or leaves it as it is.
type Paint struct{ Colors bool }

// PaintFor colors what goes to a terminal, unless NO_COLOR is set or the
// terminal knows no colors.
func PaintFor(out io.Writer) Paint {
	return Paint{Colors: IsTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// IsTerminal tells whether somebody looks on.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p Paint) in(code, text string) string {
	if !p.Colors || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold makes a heading.
func (p Paint) Bold(text string) string { return p.in(bold, text) }

// Dim is for what matters less.
func (p Paint) Dim(text string) string { return p.in(dim, text) }

// Added and Removed are the two sides of a difference, Place where it is.
func (p Paint) Added(text string) string { return p.in(green, text) }

// Removed is what is not there any more.
func (p Paint) Removed(text string) string { return p.in(red, text) }

// Place is where a difference is.
func (p Paint) Place(text string) string { return p.in(cyan, text) }

// Marked colors a text by its mark.
func (p Paint) Marked(m Mark, text string) string {
	switch m {
	case Good:
		return p.in(green, text)
	case Moving:
		return p.in(yellow, text)
	case Bad:
		return p.in(red, text)
	default:
		return p.in(dim, text)
	}
}
