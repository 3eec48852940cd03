package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func (p *plugin) scale() *cobra.Command {
	replicas := int32(-1)
	cmd := &cobra.Command{
		Use:   "scale APP --replicas N",
		Short: "Run another number of pods",
		Long: `Run another number of pods. It acts at once, restarts nothing and makes no Release.

It writes spec.replicas through the scale subresource, as kubectl scale does. Where a
GitOps tool keeps the App, it puts the number back unless Git leaves it out.`,
		Example: examples(`kubectl bowline scale shop --replicas 5`),
		Args:    oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("replicas") {
				return errors.New("say how many pods are to run: --replicas N")
			}
			if replicas < 0 {
				return fmt.Errorf("--replicas %d: a number from 0", replicas)
			}
			return p.setReplicas(cmd.Context(), args[0], replicas)
		},
		ValidArgsFunction: p.completeApps(),
	}
	cmd.Flags().Int32Var(&replicas, "replicas", replicas, "how many pods are to run")
	cmd.Flag("replicas").DefValue = ""
	_ = cmd.RegisterFlagCompletionFunc("replicas", nothing)
	return cmd
}

func (p *plugin) setReplicas(ctx context.Context, name string, replicas int32) error {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return err
	}
	if a := app.Spec.Autoscale; a.Enabled() {
		return fmt.Errorf("App %q is scaled by its HorizontalPodAutoscaler, from %d to %d pods: change spec.autoscale.min and max, or remove spec.autoscale", app.Name, a.MinReplicas(), a.Max)
	}
	p.warnOfGitOps(app, "spec.replicas")
	body := &autoscalingv1.Scale{}
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas))
	err = c.SubResource("scale").Patch(ctx, app, patch, &client.SubResourcePatchOptions{
		PatchOptions: client.PatchOptions{FieldManager: FieldManager}, SubResourceBody: body,
	})
	if err != nil {
		return fmt.Errorf("scale App %q: %w", app.Name, err)
	}
	p.done(app.Name, fmt.Sprintf("is to have %d pods", replicas), "Follow it: kubectl bowline get "+app.Name+" --watch")
	return nil
}
