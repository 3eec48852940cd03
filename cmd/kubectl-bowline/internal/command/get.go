package command

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/tree"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

// redraw is how often ages move in a frame that is drawn in place.
const redraw = time.Second

func (p *plugin) get() *cobra.Command {
	var output format
	var watch, everywhere bool
	cmd := &cobra.Command{
		Use:   "get [APP]",
		Short: "Show an App with its Releases, ReplicaSets and pods, or list Apps",
		Long: `Show an App as a tree: its Releases, their ReplicaSets and pods, and why each pod
is not ready. Without a name, list the Apps.

With --watch the tree is drawn anew in its place whenever something changes; where
the output is no terminal, each change is another tree below a line with ---.`,
		Example: examples(`
			# All Apps of the namespace
			kubectl bowline get

			# Follow a rollout until Ctrl-C
			kubectl bowline get shop --watch

			# The same as data
			kubectl bowline get shop -o json`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && watch:
				return errors.New("--watch follows one App: name it, or use `kubectl get apps.bowline.dev --watch`")
			case len(args) == 0:
				return p.list(cmd.Context(), output, everywhere)
			case everywhere:
				return errors.New("--all-namespaces lists Apps: leave out the name, or name the namespace with -n")
			}
			return p.showTree(cmd.Context(), args[0], output, watch)
		},
		ValidArgsFunction: p.completeApps(),
	}
	addOutput(cmd, &output, asJSON, asYAML)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "follow the App")
	cmd.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "list the Apps of all namespaces")
	return cmd
}

func (p *plugin) showTree(ctx context.Context, name string, output format, watch bool) error {
	c, key, err := p.app(name)
	if err != nil {
		return err
	}
	if !watch {
		v, err := view.Read(ctx, c, key)
		if err != nil {
			return err
		}
		return p.frame(tree.Of(v), output, nil)
	}
	frames := screen.NewFrames(p.Out)
	var tick time.Duration
	if output == text && frames.Live() {
		tick = redraw
	}
	var shown *tree.Report
	return view.Follow(ctx, c, key, tick, func(v *view.View) (bool, error) {
		report := tree.Of(v)
		if tick == 0 && shown != nil && reflect.DeepEqual(*shown, report) {
			return false, nil
		}
		shown = &report
		return false, p.frame(report, output, frames)
	})
}

// frame shows a report, in a frame if there is one.
func (p *plugin) frame(report tree.Report, output format, frames *screen.Frames) error {
	switch {
	case output == asYAML && frames != nil:
		fmt.Fprintln(p.Out, "---")
		return write(p.Out, output, report)
	case output != text:
		return write(p.Out, output, report)
	case frames != nil:
		frames.Draw(tree.Text(report, p.now(), p.paint))
	default:
		fmt.Fprint(p.Out, tree.Text(report, p.now(), p.paint))
	}
	return nil
}

func (p *plugin) list(ctx context.Context, output format, everywhere bool) error {
	c, namespace, err := p.connect()
	if err != nil {
		return err
	}
	if everywhere {
		namespace = ""
	}
	apps := &v1alpha1.AppList{}
	if err := c.List(ctx, apps, client.InNamespace(namespace)); err != nil {
		return view.Explain(err, client.ObjectKey{})
	}
	if output != text {
		reports := make([]tree.Report, 0, len(apps.Items))
		for i := range apps.Items {
			reports = append(reports, tree.Of(&view.View{App: &apps.Items[i]}))
		}
		return write(p.Out, output, map[string]any{"apps": reports})
	}
	if len(apps.Items) == 0 {
		fmt.Fprintln(p.ErrOut, noApps(namespace))
		return nil
	}
	fmt.Fprint(p.Out, screen.Table(p.appRows(apps.Items, everywhere)))
	return nil
}

func noApps(namespace string) string {
	if namespace == "" {
		return "There are no Apps."
	}
	return fmt.Sprintf("There are no Apps in namespace %q; -A lists those of all namespaces.", namespace)
}

func (p *plugin) appRows(apps []v1alpha1.App, everywhere bool) [][]screen.Cell {
	var header []screen.Cell
	for _, title := range []string{"NAMESPACE", "NAME", "STATUS", "READY", "WANTED", "RUNNING", "DESIRED", "IMAGE", "AGE"} {
		header = append(header, screen.Cell{Text: title, Paint: p.paint.Dim})
	}
	rows := [][]screen.Cell{header}
	for i := range apps {
		app := &apps[i]
		mark, reason := markOf(app)
		rows = append(rows, []screen.Cell{
			screen.Plain(app.Namespace), screen.Plain(app.Name),
			{Text: mark.Symbol() + " " + reason, Paint: func(text string) string { return p.paint.Marked(mark, text) }},
			screen.Plain(strconv.Itoa(int(ptr.Deref(app.Status.ReadyReplicas, 0)))), screen.Plain(app.Status.Range),
			screen.Plain(app.Status.Release.Running), screen.Plain(app.Status.Release.Desired),
			screen.Plain(app.Status.Image), screen.Plain(tree.Age(p.now(), app.CreationTimestamp)),
		})
	}
	if !everywhere {
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	return rows
}

// markOf is how an App fares.
func markOf(app *v1alpha1.App) (screen.Mark, string) {
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return screen.Moving, v1alpha1.ReasonNotObserved
	case ready.Status == metav1.ConditionTrue && app.Status.ObservedGeneration >= app.Generation:
		return screen.Good, ready.Reason
	case meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionStalled):
		return screen.Bad, ready.Reason
	}
	return screen.Moving, ready.Reason
}
