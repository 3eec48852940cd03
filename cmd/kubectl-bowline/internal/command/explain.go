package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/tree"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
	"github.com/bowline-dev/bowline/internal/advice"
)

func (p *plugin) explain() *cobra.Command {
	var output format
	cmd := &cobra.Command{
		Use:   "explain APP [RELEASE]",
		Short: "Tell why a Release failed, what was seen of it, and what to do",
		Long: `Tell why the last Release of an App failed, or what the App waits for, with the
evidence that was kept and what to do about it. With the number or name of a Release,
tell of that one.

The meanings and remedies are those of docs/troubleshooting.md.`,
		Example: examples(`
			kubectl bowline explain shop

			kubectl bowline explain shop 7`),
		Args: appAnd(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.tellWhy(cmd.Context(), args[0], args[1:], output)
		},
		ValidArgsFunction: p.completeApps(p.completeNumbers),
	}
	addOutput(cmd, &output, asJSON, asYAML)
	return cmd
}

// explanation is why something is as it is.
type explanation struct {
	App     string    `json:"app"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Release *fate     `json:"release,omitempty"` // the Release that is told of
	Reasons []meaning `json:"reasons,omitempty"`
	Do      []string  `json:"whatToDo,omitempty"`
}

// fate is how a Release fared, and what was seen.
type fate struct {
	Name     string              `json:"name"`
	Image    string              `json:"image"`
	Cause    string              `json:"cause"`
	Reason   string              `json:"reason"`
	Message  string              `json:"message"`
	Finished metav1.Time         `json:"finished,omitzero"`
	Evidence []v1alpha1.Evidence `json:"evidence,omitempty"`
}

// meaning is what a reason means.
type meaning struct {
	Reason  string `json:"reason"`
	Meaning string `json:"meaning"`
}

func (p *plugin) tellWhy(ctx context.Context, name string, chosen []string, output format) error {
	_, v, err := p.readAll(ctx, name)
	if err != nil {
		return err
	}
	var told *v1alpha1.Release
	if len(chosen) > 0 {
		if told, err = find(v.App.Name, v.Releases, chosen[0]); err != nil {
			return err
		}
	} else {
		told = failedNow(v)
	}
	e := explain(v.App, told)
	if output != text {
		return write(p.Out, output, e)
	}
	fmt.Fprint(p.Out, p.explained(e, v))
	return nil
}

// failedNow is the Release whose failure is what there is to tell of an App, nil
// where that is something else.
func failedNow(v *view.View) *v1alpha1.Release {
	for i := range v.Releases {
		if name := v.App.Status.Failure.Release; name != "" && v.Releases[i].Name == name {
			return &v.Releases[i]
		}
	}
	return nil
}

// explain gathers what there is to say of an App, and of a Release of it if one
// is to be told of.
func explain(app *v1alpha1.App, told *v1alpha1.Release) explanation {
	e := explanation{App: app.Name, Reason: v1alpha1.ReasonNotObserved, Message: "the operator has not looked at the App yet"}
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		e.Reason, e.Message = ready.Reason, ready.Message
	}
	var reasons []string // from the App to the pods
	if told == nil || told.Name == app.Status.Failure.Release {
		reasons = append(reasons, e.Reason)
		if c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionServiceBindingsReady); c != nil && c.Status != metav1.ConditionTrue {
			reasons = append(reasons, c.Reason)
		}
	}
	if told != nil {
		f := fateOf(told)
		e.Release = &f
		reasons = append(reasons, f.Reason)
		for _, seen := range f.Evidence {
			reasons = append(reasons, seen.Reason)
		}
	}
	e.advise(reasons)
	return e
}

// advise adds what reasons mean, and what to do. What is nearest to the pods is
// the best to begin with.
func (e *explanation) advise(reasons []string) {
	var known []advice.Advice
	for _, reason := range reasons {
		if a, ok := advice.Of(reason); ok && !slices.ContainsFunc(known, func(k advice.Advice) bool { return k.Reason == a.Reason }) {
			known = append(known, a)
			e.Reasons = append(e.Reasons, meaning{a.Reason, a.Meaning})
		}
	}
	for _, a := range slices.Backward(known) {
		for _, step := range a.For(e.App) {
			here := strings.Contains(step, "`kubectl bowline explain "+e.App+"`")
			if !here && !slices.Contains(e.Do, step) {
				e.Do = append(e.Do, step)
			}
		}
	}
}

func fateOf(r *v1alpha1.Release) fate {
	out := fate{Name: r.Name, Image: r.Spec.PodImage(), Cause: r.Spec.Cause, Finished: r.Status.FinishTime, Evidence: r.Status.Evidence}
	if c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy); c != nil {
		out.Reason, out.Message = c.Reason, c.Message
	}
	return out
}

// explained tells it to a person.
func (p *plugin) explained(e explanation, v *view.View) string {
	var out strings.Builder
	mark, _ := markOf(v.App)
	message := e.Message
	if e.Release != nil && strings.HasPrefix(message, e.Release.Name+" ") {
		message = briefly(e.Release.Name, v.App.Status.Release.Running) // the rest stands below
	}
	fmt.Fprintf(&out, "%s: %s\n", p.paint.Marked(mark, mark.Symbol()+" "+e.App+" is "+e.Reason), message)
	if e.Release != nil {
		out.WriteString("\n" + p.told(*e.Release))
	}
	if len(e.Reasons) > 0 {
		out.WriteString("\n" + p.paint.Bold("What it means") + "\n")
		var rows [][]screen.Cell
		for _, m := range e.Reasons {
			rows = append(rows, []screen.Cell{screen.Plain("  " + m.Reason), screen.Plain(m.Meaning)})
		}
		out.WriteString(screen.Table(rows))
	}
	if len(e.Do) > 0 {
		out.WriteString("\n" + p.paint.Bold("What to do") + "\n")
		for _, step := range e.Do {
			out.WriteString("  - " + strings.ReplaceAll(step, "`", "") + "\n")
		}
	}
	if e.Release == nil {
		out.WriteString(p.earlierFailure(v))
	}
	return out.String()
}

// briefly says what runs when a Release has failed.
func briefly(failed, running string) string {
	switch running {
	case "":
		return failed + " failed"
	case failed:
		return failed + " failed, and its pods are kept"
	}
	return failed + " failed, and " + running + " runs"
}

// told tells of a Release, and what was seen of it.
func (p *plugin) told(f fate) string {
	ago := ""
	if !f.Finished.IsZero() {
		ago = " (" + tree.Age(p.now(), f.Finished) + " ago)"
	}
	return p.paint.Bold(f.Name+": "+f.Reason) + ago + "\n" + screen.Table([][]screen.Cell{
		{screen.Plain("  Image"), screen.Plain(f.Image)},
		{screen.Plain("  Cause"), screen.Plain(f.Cause)},
		{screen.Plain("  Seen"), screen.Plain(f.Message)},
	}) + p.evidence(f.Evidence)
}

// earlierFailure points to a failure that is no trouble any more.
func (p *plugin) earlierFailure(v *view.View) string {
	for i := len(v.Releases) - 1; i >= 0; i-- {
		r := &v.Releases[i]
		if c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy); c != nil && c.Status == metav1.ConditionFalse {
			return fmt.Sprintf("\nThe last Release that failed is %s (%s); kubectl bowline explain %s %d tells of it.\n", r.Name, c.Reason, v.App.Name, r.Spec.Number)
		}
	}
	return ""
}

func (p *plugin) evidence(seen []v1alpha1.Evidence) string {
	if len(seen) == 0 {
		return ""
	}
	header := []screen.Cell{}
	for _, title := range []string{"  POD", "CONTAINER", "SEEN", "EXIT", "RESTARTS", "AT", "MESSAGE"} {
		header = append(header, screen.Cell{Text: title, Paint: p.paint.Dim})
	}
	rows := [][]screen.Cell{header}
	for _, s := range seen {
		at := ""
		if !s.Time.IsZero() {
			at = s.Time.UTC().Format(time.TimeOnly) + "Z"
		}
		rows = append(rows, []screen.Cell{
			screen.Plain("  " + s.Pod), screen.Plain(s.Container), screen.Plain(s.Reason),
			screen.Plain(number(s.ExitCode)), screen.Plain(number(s.RestartCount)), screen.Plain(at), screen.Plain(strings.Join(strings.Fields(s.Message), " ")),
		})
	}
	return "\n" + screen.Table(rows)
}

func number(n *int32) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}
