package delta

import (
	"strings"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
)

// Text tells changes to people.
func Text(changes []Change, paint screen.Paint) string {
	var out strings.Builder
	for _, c := range changes {
		out.WriteString(paint.Place(c.Where) + "\n")
		switch {
		case c.Diff != "":
			for line := range strings.Lines(c.Diff) {
				out.WriteString("  " + diffLine(strings.TrimSuffix(line, "\n"), paint) + "\n")
			}
		case c.Note == "added":
			out.WriteString("  " + paint.Added("+ "+shown(c.New)) + "\n")
		case c.Note == "removed":
			out.WriteString("  " + paint.Removed("- "+shown(c.Old)) + "\n")
		case c.Note != "":
			out.WriteString("  " + c.Note + "\n")
		default:
			out.WriteString("  " + paint.Removed("- "+shown(c.Old)) + "\n  " + paint.Added("+ "+shown(c.New)) + "\n")
		}
	}
	return out.String()
}

func shown(value string) string { return strings.TrimSuffix(value, "\n") }

func diffLine(line string, paint screen.Paint) string {
	switch {
	case strings.HasPrefix(line, "@@"):
		return paint.Dim(line)
	case strings.HasPrefix(line, "+"):
		return paint.Added(line)
	case strings.HasPrefix(line, "-"):
		return paint.Removed(line)
	}
	return line
}
