package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func (p *plugin) pause() *cobra.Command {
	return &cobra.Command{
		Use:   "pause APP",
		Short: "Let no change go out, and take none back",
		Long: `Let no change go out, and take none back: what serves keeps serving, and scaling acts.

It sets the annotation ` + v1alpha1.AnnotationPaused + ` and leaves the spec alone, so that no tool that keeps
the App as it is in Git puts it back. To pause by the manifest, set spec.rollout.state to
Paused there.`,
		Example:           examples(`kubectl bowline pause shop`),
		Args:              oneApp,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.hold(cmd.Context(), args[0]) },
		ValidArgsFunction: p.completeApps(),
	}
}

func (p *plugin) resume() *cobra.Command {
	return &cobra.Command{
		Use:   "resume APP",
		Short: "Let changes go out again after pause",
		Long: `Let changes go out again: it removes the annotation ` + v1alpha1.AnnotationPaused + `.

An App whose manifest says spec.rollout.state: Paused is resumed there. To end a rollback,
use kubectl bowline rollback APP --undo.`,
		Example:           examples(`kubectl bowline resume shop`),
		Args:              oneApp,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.letGo(cmd.Context(), args[0]) },
		ValidArgsFunction: p.completeApps(),
	}
}

func (p *plugin) hold(ctx context.Context, name string) error {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return err
	}
	if by := app.PausedBy(); by != "" {
		p.done(app.Name, "is paused already: "+by)
		return nil
	}
	if err := annotate(ctx, c, app, map[string]any{v1alpha1.AnnotationPaused: "true"}); err != nil {
		return err
	}
	p.done(app.Name, "is paused", "To let changes go out again: kubectl bowline resume "+app.Name)
	return nil
}

func (p *plugin) letGo(ctx context.Context, name string) error {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return err
	}
	if app.PausedBy() == "" {
		p.done(app.Name, "is not paused", pinned(app)...)
		return nil
	}
	if app.PausedAside() {
		if err := annotate(ctx, c, app, map[string]any{v1alpha1.AnnotationPaused: nil}); err != nil {
			return err
		}
	}
	if app.Spec.Rollout.Paused() {
		return fmt.Errorf("App %q stays paused, because spec.rollout.state is Paused: set it to Active in the App's manifest", app.Name)
	}
	p.done(app.Name, "lets changes go out", append(pinned(app), "Wait for the end: kubectl bowline status "+app.Name)...)
	return nil
}

// pinned says what else keeps changes from going out.
func pinned(app *v1alpha1.App) []string {
	if pin := app.Annotations[v1alpha1.AnnotationRollbackTo]; pin != "" {
		return []string{"It is held at " + pin + ": kubectl bowline rollback " + app.Name + " --undo"}
	}
	return nil
}
