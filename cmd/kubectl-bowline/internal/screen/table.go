package screen

import (
	"strings"
	"unicode/utf8"
)

// Cell is a text in a table, and how it is painted.
type Cell struct {
	Text  string
	Paint func(string) string
}

// Plain is a cell without color.
func Plain(text string) Cell { return Cell{Text: text} }

// gap is between columns.
const gap = "  "

// Table aligns rows in columns. The widths are those of the texts, whatever
// their colors.
func Table(rows [][]Cell) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.Text))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		var line strings.Builder
		pending := 0
		for i, cell := range row {
			if cell.Text != "" {
				line.WriteString(strings.Repeat(" ", pending))
				line.WriteString(cell.painted())
				pending = 0
			}
			pending += widths[i] - utf8.RuneCountInString(cell.Text) + len(gap)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}

func (c Cell) painted() string {
	if c.Paint == nil {
		return c.Text
	}
	return c.Paint(c.Text)
}
