package command

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

func (p *plugin) pause() *cobra.Command {
	return &cobra.Command{
		Use:   "pause APP",
		Short: "Let no change go out, and take none back",
		Long: `Let no change go out, and take none back: what serves keeps serving, and scaling acts.

It sets spec.rollout.state to Paused, under the field manager kubectl-bowline. There is
no annotation for it: whether changes go out is part of what an App is to be. Where a
GitOps tool keeps the App, it puts the field back if Git says something else: pause
there, in spec.rollout.state.`,
		Example: examples(`kubectl bowline pause shop`),
		Args:    oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setState(cmd.Context(), args[0], true)
		},
		ValidArgsFunction: p.completeApps(),
	}
}

func (p *plugin) resume() *cobra.Command {
	return &cobra.Command{
		Use:   "resume APP",
		Short: "Let changes go out again after pause",
		Long: `Let changes go out again: spec.rollout.state is removed, and Active is the default. To
end a rollback, use kubectl bowline rollback APP --undo.

Where the manifest of the App says Paused, the next apply pauses it again: change it
there.`,
		Example: examples(`kubectl bowline resume shop`),
		Args:    oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setState(cmd.Context(), args[0], false)
		},
		ValidArgsFunction: p.completeApps(),
	}
}

func (p *plugin) setState(ctx context.Context, name string, pause bool) error {
	c, key, err := p.app(name)
	if err != nil {
		return err
	}
	app, err := view.App(ctx, c, key)
	if err != nil {
		return err
	}
	if app.Spec.Rollout.Paused() == pause {
		p.done(app.Name, map[bool]string{true: "is paused already", false: "is not paused"}[pause])
		if pin := app.Annotations[v1alpha1.AnnotationRollbackTo]; !pause && pin != "" {
			fmt.Fprintf(p.Out, "  It is held at %s: kubectl bowline rollback %s --undo\n", pin, app.Name)
		}
		return nil
	}
	p.warnOfGitOps(app, "spec.rollout.state")
	change, err := statePatch(app, pause)
	if err != nil {
		return err
	}
	if err := c.Patch(ctx, app, change, client.FieldOwner(FieldManager)); err != nil {
		return view.Explain(err, key)
	}
	if pause {
		p.done(app.Name, "is paused", "To let changes go out again: kubectl bowline resume "+app.Name)
		return nil
	}
	p.done(app.Name, "lets changes go out", "Wait for the end: kubectl bowline status "+app.Name)
	return nil
}

// statePatch is the patch that pauses or resumes an App. A rollout with nothing
// in it is refused, so the whole of it goes where the state is all there is; what
// somebody else has put there meanwhile is not lost, for then the patch fails.
func statePatch(app *v1alpha1.App, pause bool) (client.Patch, error) {
	if pause {
		return client.RawPatch(types.MergePatchType, []byte(`{"spec":{"rollout":{"state":"Paused"}}}`)), nil
	}
	rest := app.Spec.Rollout
	rest.State = ""
	data, err := json.Marshal(rest)
	if err != nil {
		return nil, fmt.Errorf("read spec.rollout of App %q: %w", app.Name, err)
	}
	if string(data) != "{}" {
		return client.RawPatch(types.JSONPatchType, []byte(`[{"op":"remove","path":"/spec/rollout/state"}]`)), nil
	}
	return client.RawPatch(types.JSONPatchType, []byte(`[{"op":"test","path":"/spec/rollout","value":{"state":"Paused"}},{"op":"remove","path":"/spec/rollout"}]`)), nil
}
