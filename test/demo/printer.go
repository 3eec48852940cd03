package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// printer writes the narration. What was seen stands behind the seconds since
// the step began, in one column.
type printer struct {
	out    io.Writer
	colors bool
	began  time.Time
}

const (
	margin   = "             " // as wide as the seconds and the tick
	width    = 100             // of sentences
	tail     = 20              // lines of a log that are shown
	logWidth = 400
)

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
	cyan  = "36"
)

func newPrinter(file *os.File) *printer {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &printer{
		out:    file,
		colors: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		began:  time.Now(),
	}
}

func (p *printer) paint(color, text string) string {
	if !p.colors || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *printer) headline(text string) { p.line("%s\n", p.paint(bold, text)) }

// startClock sets the seconds to 0.
func (p *printer) startClock() { p.began = time.Now() }

// title begins a step.
func (p *printer) title(number int, title, happens string) {
	p.startClock()
	p.line("\n%s", p.paint(bold, fmt.Sprintf("%d. %s", number, title)))
	for _, text := range wrap(happens, width) {
		p.line("   %s", text)
	}
	p.line("")
}

// doing says what may take a while now.
func (p *printer) doing(text string) { p.line("%s%s", margin, p.paint(dim, text+" ...")) }

// held says something that was checked and holds, with the seconds it took.
func (p *printer) held(format string, args ...any) {
	for i, text := range wrap(fmt.Sprintf(format, args...), width) {
		if i > 0 {
			p.line("%s%s", margin, text)
			continue
		}
		p.line("%s  %s %s", stopwatch(time.Since(p.began)), p.paint(green, "✓"), text)
	}
}

// command shows a command as a person types it.
func (p *printer) command(words ...string) {
	p.line("%s%s", margin, p.paint(cyan, "$ "+shellLine(words)))
}

// output shows what a command printed.
func (p *printer) output(text string) {
	for text := range strings.Lines(strings.TrimRight(text, "\n")) {
		p.line("%s  %s", margin, p.paint(dim, strings.TrimRight(text, " \n")))
	}
}

// change shows by which lines a manifest differs from the one before it.
func (p *printer) change(before, after string) {
	for _, text := range lineDiff(before, after) {
		color := red
		if strings.HasPrefix(text, "+") {
			color = green
		}
		p.line("%s  %s", margin, p.paint(color, text))
	}
}

// failure says what did not hold.
func (p *printer) failure(what string, err error) {
	p.line("%s  %s %s", stopwatch(time.Since(p.began)), p.paint(red, "✗"), p.paint(bold, what+":"))
	for text := range strings.Lines(err.Error()) {
		p.line("%s%s", margin, strings.TrimRight(text, "\n"))
	}
}

// lastLines names a log and shows its end, routine aside.
func (p *printer) lastLines(path string) {
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return
	}
	p.line("\nThe operator's log is %s. It ends with:", path)
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(content)), "\n"), func(line string) bool {
		return strings.Contains(line, "\tLevel(-")
	})
	for _, text := range lines[max(len(lines)-tail, 0):] {
		p.line("  %s", p.paint(dim, cut(text, logWidth)))
	}
}

// progress is for what others print while a step lasts.
func (p *printer) progress() io.Writer { return indented{p} }

type indented struct{ *printer }

func (i indented) Write(text []byte) (int, error) {
	i.output(string(text))
	return len(text), nil
}
