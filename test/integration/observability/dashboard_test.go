package observability_test

import (
	"context"
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// panel is what this suite needs to know of one.
type panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ X, Y, W, H int }
	Field   struct {
		Defaults struct{ Unit string }
	} `json:"fieldConfig"`
	Targets []target
}

type target struct {
	Expr         string
	LegendFormat string
	Instant      bool
}

func panels() []panel {
	GinkgoHelper()
	var dashboard struct{ Panels []panel }
	Expect(json.Unmarshal(file("config", "grafana", "bowline.json"), &dashboard)).To(Succeed())
	Expect(dashboard.Panels).NotTo(BeEmpty())
	return dashboard.Panels
}

// filled has what Grafana puts in the place of its variables, for a story of a
// minute that is scraped each second.
var filled = strings.NewReplacer("$__rate_interval", "5s", "$__range", "5m", "$namespace", ".*")

// answer asks what a panel asks: for a graph over the time of the story.
func (t *target) answer(ctx context.Context) ([]series, error) {
	query := filled.Replace(t.Expr)
	if t.Instant {
		return prometheus.ask(ctx, query)
	}
	return prometheus.over(ctx, query, began, ended)
}

// askPanels: no query fails, and each finds something. None may be empty.
func askPanels(ctx SpecContext) {
	ids, taken := map[int]string{}, map[[2]int]string{}
	for _, panel := range panels() {
		Expect(ids).NotTo(HaveKey(panel.ID), panel.Title)
		ids[panel.ID] = panel.Title
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				Expect(taken).NotTo(HaveKey([2]int{x, y}), "%s lies on another panel", panel.Title)
				taken[[2]int{x, y}] = panel.Title
			}
		}
		for _, target := range panel.Targets {
			Expect(filled.Replace(target.Expr)).NotTo(ContainSubstring("$"), "%s has a variable that is not known here", panel.Title)
			found, err := target.answer(ctx)
			Expect(err).NotTo(HaveOccurred(), panel.Title)
			points := 0
			for i := range found {
				points += len(found[i].points())
			}
			Expect(points).To(BeNumerically(">", 0), "%s: %s", panel.Title, target.Expr)
		}
	}
}
