package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func (p *plugin) retry() *cobra.Command {
	return &cobra.Command{
		Use:   "retry APP",
		Short: "Try the inputs that failed again",
		Long: `Try the inputs that failed again, as a new Release. Use it when the cause lay outside
the App and is gone, such as an image that has been pushed since.

It sets the annotation bowline.dev/retry, which GitOps tools leave alone.`,
		Example:           examples(`kubectl bowline retry shop && kubectl bowline status shop`),
		Args:              oneApp,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.tryAgain(cmd.Context(), args[0]) },
		ValidArgsFunction: p.completeApps(),
	}
}

func (p *plugin) tryAgain(ctx context.Context, name string) error {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return err
	}
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
		ready.Status == metav1.ConditionTrue && ready.Reason == v1alpha1.ReasonHealthy {
		return fmt.Errorf("App %q is healthy, there is nothing to try again: `kubectl bowline restart %s` restarts its pods", app.Name, app.Name)
	}
	p.warnOfHolds(app)
	if err := annotate(ctx, c, app, map[string]any{v1alpha1.AnnotationRetry: p.fresh()}); err != nil {
		return err
	}
	p.done(app.Name, "tries again", "Wait for the end: kubectl bowline status "+app.Name)
	return nil
}

func (p *plugin) restart() *cobra.Command {
	return &cobra.Command{
		Use:   "restart APP",
		Short: "Replace all pods, step by step, with the same inputs",
		Long: `Replace all pods step by step: a new Release of the same inputs, judged like any other.

It sets the annotation bowline.dev/restart, which GitOps tools leave alone.`,
		Example: examples(`kubectl bowline restart shop && kubectl bowline status shop`),
		Args:    oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, app, err := p.read(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			p.warnOfHolds(app)
			if err := annotate(cmd.Context(), c, app, map[string]any{v1alpha1.AnnotationRestart: p.fresh()}); err != nil {
				return err
			}
			p.done(app.Name, "restarts", "Wait for the end: kubectl bowline status "+app.Name)
			return nil
		},
		ValidArgsFunction: p.completeApps(),
	}
}
