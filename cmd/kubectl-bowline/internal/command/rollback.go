package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

func (p *plugin) rollback() *cobra.Command {
	var to string
	var undo bool
	cmd := &cobra.Command{
		Use:   "rollback APP [--to RELEASE | --undo]",
		Short: "Run an earlier Release until that is undone",
		Long: `Run an earlier Release, as a whole: its image, configuration, secrets and bindings.
Without --to it is the last one before the running one that proved healthy.

The spec of the App is not touched: the annotation bowline.dev/rollback-to holds it at
the Release, which GitOps tools leave alone. Nothing else goes out until --undo removes
the annotation; then what the spec says runs again.`,
		Example: examples(`
			# Back to what was healthy before
			kubectl bowline rollback shop

			# To a certain Release; history lists them
			kubectl bowline rollback shop --to 5

			# Run what the spec says again
			kubectl bowline rollback shop --undo`),
		Args: oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if undo {
				return p.unpin(cmd.Context(), args[0])
			}
			return p.pin(cmd.Context(), args[0], to)
		},
		ValidArgsFunction: p.completeApps(),
	}
	cmd.Flags().StringVar(&to, "to", "", "the number or name of the Release to run")
	cmd.Flags().BoolVar(&undo, "undo", false, "run what the spec says again")
	cmd.MarkFlagsMutuallyExclusive("to", "undo")
	_ = cmd.RegisterFlagCompletionFunc("to", p.completeNumbers)
	return cmd
}

func (p *plugin) pin(ctx context.Context, name, to string) error {
	c, v, err := p.readAll(ctx, name)
	if err != nil {
		return err
	}
	app, releases := v.App, v.Releases
	var target *v1alpha1.Release
	if to != "" {
		target, err = find(app.Name, releases, to)
	} else {
		target, err = healthyBefore(app, releases)
	}
	if err != nil {
		return err
	}
	if app.Annotations[v1alpha1.AnnotationRollbackTo] == target.Name {
		p.done(app.Name, "is held at "+target.Name+" already", undoing(app.Name))
		return nil
	}
	if c := meta.FindStatusCondition(target.Status.Conditions, v1alpha1.ConditionHealthy); c != nil && c.Reason != v1alpha1.ReasonHealthy {
		p.warn("%s has not proved healthy (%s)", target.Name, c.Reason)
	}
	if err := annotate(ctx, c, app, map[string]any{v1alpha1.AnnotationRollbackTo: target.Name}); err != nil {
		return err
	}
	p.done(app.Name, "goes to "+target.Name+" ("+target.Spec.Image+") and stays there",
		"Wait until it runs: kubectl bowline status "+app.Name, undoing(app.Name))
	return nil
}

func undoing(app string) string {
	return "To run what the spec says again: kubectl bowline rollback " + app + " --undo"
}

// healthyBefore is the last healthy Release before the one that runs.
func healthyBefore(app *v1alpha1.App, releases []v1alpha1.Release) (*v1alpha1.Release, error) {
	running, ok := release.Number(app.Name, app.Status.Release.Running)
	if !ok {
		return nil, fmt.Errorf("App %q runs no Release yet: there is nothing to go back from", app.Name)
	}
	for i := len(releases) - 1; i >= 0; i-- {
		if releases[i].Spec.Number < running && healthOf(&releases[i]) == v1alpha1.ReasonHealthy {
			return &releases[i], nil
		}
	}
	return nil, fmt.Errorf("App %q has no healthy Release before %s: choose one with --to; `kubectl bowline history %s` lists them", app.Name, app.Status.Release.Running, app.Name)
}

func (p *plugin) unpin(ctx context.Context, name string) error {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return err
	}
	if app.Annotations[v1alpha1.AnnotationRollbackTo] == "" {
		return errors.New("App \"" + app.Name + "\" is held at no Release: there is nothing to undo")
	}
	if err := annotate(ctx, c, app, map[string]any{v1alpha1.AnnotationRollbackTo: nil}); err != nil {
		return err
	}
	p.done(app.Name, "runs what its spec says", "Wait until it does: kubectl bowline status "+app.Name)
	return nil
}
