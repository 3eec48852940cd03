package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/tree"
)

func (p *plugin) history() *cobra.Command {
	var output format
	cmd := &cobra.Command{
		Use:   "history APP",
		Short: "List the Releases of an App, the newest first",
		Example: examples(`
			kubectl bowline history shop

			# With digests and messages
			kubectl bowline history shop -o wide`),
		Args:              oneApp,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.listReleases(cmd.Context(), args[0], output) },
		ValidArgsFunction: p.completeApps(),
	}
	addOutput(cmd, &output, wide, asJSON, asYAML)
	return cmd
}

func (p *plugin) listReleases(ctx context.Context, name string, output format) error {
	_, v, err := p.readAll(ctx, name)
	if err != nil {
		return err
	}
	releases := tree.Releases(v)
	if output == asJSON || output == asYAML {
		return write(p.Out, output, map[string]any{"app": v.App.Name, "releases": releases})
	}
	if len(releases) == 0 {
		fmt.Fprintf(p.ErrOut, "App %q has no Releases yet; `kubectl bowline explain %s` tells what it waits for.\n", v.App.Name, v.App.Name)
		return nil
	}
	fmt.Fprint(p.Out, screen.Table(p.releaseRows(releases, output == wide)))
	return nil
}

func (p *plugin) releaseRows(releases []tree.Release, wide bool) [][]screen.Cell {
	titles := []string{"RELEASE", "STATUS", "CAUSE", "IMAGE", "AGE", "ROLE"}
	if wide {
		titles = append(titles, "DIGEST", "MESSAGE")
	}
	var header []screen.Cell
	for _, title := range titles {
		header = append(header, screen.Cell{Text: title, Paint: p.paint.Dim})
	}
	rows := [][]screen.Cell{header}
	for _, r := range releases {
		mark, status := r.Mark()
		row := []screen.Cell{
			screen.Plain(r.Name),
			{Text: mark.Symbol() + " " + status, Paint: func(text string) string { return p.paint.Marked(mark, text) }},
			screen.Plain(r.Cause), screen.Plain(r.Image), tree.AgeColumn(p.now(), r.Created), screen.Plain(strings.Join(r.Roles, ", ")),
		}
		if wide {
			row = append(row, screen.Plain(r.Digest), screen.Plain(r.Message))
		}
		rows = append(rows, row)
	}
	return rows
}

// healthOf is how a Release fared, in one word.
func healthOf(r *v1alpha1.Release) string {
	c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy)
	if c == nil {
		return string(metav1.ConditionUnknown)
	}
	return c.Reason
}
