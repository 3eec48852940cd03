package observability_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// The picture in the docs is drawn here, from the answers to the dashboard's own
// queries. It shows what the panels show; it is no screenshot of Grafana.

const (
	column, row = 50, 30 // pixels of a cell of Grafana's grid
	gap         = 5
)

var colors = []string{"#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#f2495c", "#b877d9", "#37872d", "#8ab8ff"}

// fingerprint tells panels apart by what can be seen of them.
func fingerprint(panels []panel) string {
	GinkgoHelper()
	text, err := json.Marshal(panels)
	Expect(err).NotTo(HaveOccurred())
	return fmt.Sprintf("panels %x", sha256.Sum256(text))[:19]
}

// checkPicture holds the picture against the panels, and draws it anew with
// -update. What it shows is of another run, so that is not compared.
func checkPicture(ctx SpecContext) {
	path := filepath.Join(root, "docs", "images", "dashboard.svg")
	all := panels()
	if *update {
		Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		Expect(os.WriteFile(path, []byte(draw(ctx, all)), 0o644)).To(Succeed())
	}
	Expect(string(file("docs", "images", "dashboard.svg"))).To(ContainSubstring(fingerprint(all)),
		"draw it anew: go test ./test/integration/observability -update")
}

// drawing is an SVG in the making.
type drawing struct{ strings.Builder }

func (d *drawing) text(x, y, size int, color, anchor, text string) {
	fmt.Fprintf(d, `<text x="%d" y="%d" font-size="%d" fill="%s" text-anchor="%s">%s</text>`+"\n", x, y, size, color, anchor, html.EscapeString(text))
}

func draw(ctx context.Context, panels []panel) string {
	GinkgoHelper()
	height := 0
	for _, p := range panels {
		height = max(height, (p.GridPos.Y+p.GridPos.H)*row)
	}
	d := &drawing{}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">`+"\n<!-- %s -->\n", 24*column, height, fingerprint(panels))
	fmt.Fprintf(d, `<rect width="100%%" height="100%%" fill="#111217"/>`+"\n")
	for _, p := range panels {
		d.panel(ctx, p)
	}
	d.WriteString("</svg>\n")
	return d.String()
}

func (d *drawing) panel(ctx context.Context, p panel) {
	GinkgoHelper()
	x, y, w, h := p.GridPos.X*column+gap, p.GridPos.Y*row+gap, p.GridPos.W*column-2*gap, p.GridPos.H*row-2*gap
	fmt.Fprintf(d, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="#181b1f" stroke="#2c3235"/>`+"\n", x, y, w, h)
	d.text(x+10, y+20, 13, "#ccccdc", "start", p.Title)
	var lines []line
	for _, target := range p.Targets {
		found, err := target.answer(ctx)
		Expect(err).NotTo(HaveOccurred())
		for i := range found {
			if points := found[i].points(); len(points) > 0 {
				lines = append(lines, line{target.legend(found[i].Labels), found[i].Labels, points})
			}
		}
	}
	// Those with most to show come first, for the legend has room for a few.
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(b.most(), a.most()), strings.Compare(a.name, b.name))
	})
	switch p.Type {
	case "stat":
		d.stats(x, y, w, h, lines)
	case "table":
		d.table(x, y, w, lines)
	default:
		d.graph(x, y, w, h, p.Field.Defaults.Unit, lines)
	}
}

type line struct {
	name   string
	labels map[string]string
	points []point
}

func (l *line) most() float64 {
	most := 0.0
	for _, p := range l.points {
		most = max(most, p.value)
	}
	return most
}

var variable = regexp.MustCompile(`\{\{(\w+)\}\}`)

func (t *target) legend(labels map[string]string) string {
	name := variable.ReplaceAllStringFunc(t.LegendFormat, func(v string) string { return labels[v[2:len(v)-2]] })
	return strings.TrimSpace(name)
}

func (d *drawing) stats(x, y, w, h int, lines []line) {
	for i, line := range lines {
		middle := x + w*(2*i+1)/(2*len(lines))
		d.text(middle, y+h*2/3+10, 36, colors[0], "middle", written(line.points[0].value, "short"))
		d.text(middle, y+h-8, 11, "#8e8e9e", "middle", line.name)
	}
}

func (d *drawing) table(x, y, w int, lines []line) {
	if len(lines) == 0 {
		return
	}
	columns := slices.Sorted(maps.Keys(lines[0].labels))
	for i, name := range columns {
		at := x + 10 + i*(w-20)/len(columns)
		d.text(at, y+50, 12, "#6e9fff", "start", name)
		for j, line := range lines {
			d.text(at, y+75+j*22, 12, "#ccccdc", "start", line.labels[name])
		}
	}
}

// graph draws lines from the beginning of the story to its end.
func (d *drawing) graph(x, y, w, h int, unit string, lines []line) {
	left, right, top, bottom := x+70, x+w-15, y+35, y+h-45
	most := 1.0
	if len(lines) > 0 && lines[0].most() > 0 {
		most = lines[0].most()
	}
	from, length := float64(began.Unix()), math.Max(ended.Sub(began).Seconds(), 1)
	for i := range 3 {
		value := most * float64(i) / 2
		at := bottom - (bottom-top)*i/2
		fmt.Fprintf(d, `<path d="M%d %dH%d" stroke="#2c3235"/>`+"\n", left, at, right)
		d.text(left-6, at+4, 11, "#8e8e9e", "end", written(value, unit))
	}
	d.text(left, bottom+15, 11, "#8e8e9e", "start", "0 s")
	d.text(right, bottom+15, 11, "#8e8e9e", "end", fmt.Sprintf("%.0f s", length))
	at := left
	for i, line := range lines {
		color := colors[i%len(colors)]
		var path strings.Builder
		last := math.Inf(-1)
		for _, p := range line.points {
			step := "L"
			if p.at-last > 1.5 { // a gap: nothing was told there
				step = "M"
			}
			last = p.at
			px := float64(left) + (p.at-from)/length*float64(right-left)
			fmt.Fprintf(&path, "%s%.1f %.1f", step, px, float64(bottom)-p.value/most*float64(bottom-top))
			if step == "M" {
				path.WriteString("h1") // a single point is seen too
			}
		}
		fmt.Fprintf(d, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", path.String(), color)
		if line.most() > 0 && at+30+7*len(line.name) < right {
			fmt.Fprintf(d, `<path d="M%d %dh12" stroke="%s" stroke-width="3"/>`+"\n", at, bottom+30, color)
			d.text(at+16, bottom+34, 11, "#ccccdc", "start", line.name)
			at += 30 + 7*len(line.name)
		}
	}
}

// written is a value in its unit.
func written(value float64, unit string) string {
	switch unit {
	case "bytes":
		return fmt.Sprintf("%.0f MiB", value/(1<<20))
	case "s":
		if value < 1 {
			return fmt.Sprintf("%.3g ms", value*1000)
		}
		return fmt.Sprintf("%.3g s", value)
	case "reqps":
		return fmt.Sprintf("%.3g/s", value)
	}
	return fmt.Sprintf("%.3g", value)
}
