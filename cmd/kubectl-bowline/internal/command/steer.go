package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

// annotate sets annotations of an App, or removes those that are nil.
func annotate(ctx context.Context, c client.Client, app *v1alpha1.App, annotations map[string]any) error {
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return fmt.Errorf("write the patch of App %q: %w", app.Name, err)
	}
	key := client.ObjectKeyFromObject(app)
	if err := c.Patch(ctx, app, client.RawPatch(types.MergePatchType, data), client.FieldOwner(FieldManager)); err != nil {
		return view.Explain(err, key)
	}
	return nil
}

// done tells what was done, and what may come next.
func (p *plugin) done(app, happened string, next ...string) {
	fmt.Fprintf(p.Out, "app.bowline.dev/%s %s\n", app, happened)
	for _, line := range next {
		fmt.Fprintln(p.Out, "  "+line)
	}
}

// fresh is a value for an annotation of which each new one counts.
func (p *plugin) fresh() string { return p.now().UTC().Format("2006-01-02T15:04:05.000Z") }

// warn says what keeps a wish from having the effect that is asked for.
func (p *plugin) warn(format string, args ...any) {
	fmt.Fprintf(p.ErrOut, "warning: "+format+"\n", args...)
}

// warnOfHolds says why a new Release will have to wait.
func (p *plugin) warnOfHolds(app *v1alpha1.App) {
	if by := app.PausedBy(); by != "" {
		p.warn("App %q is paused, because %s: nothing goes out before %s", app.Name, by, wayOutOfPause(app))
	}
	if pin := app.Annotations[v1alpha1.AnnotationRollbackTo]; pin != "" {
		p.warn("App %q is held at %s: nothing else goes out before `kubectl bowline rollback %s --undo`", app.Name, pin, app.Name)
	}
}

// wayOutOfPause is what has to happen for changes to go out again.
func wayOutOfPause(app *v1alpha1.App) string {
	resume := "`kubectl bowline resume " + app.Name + "`"
	switch {
	case !app.Spec.Rollout.Paused():
		return resume
	case app.PausedAside():
		return "that is set to Active in the App's manifest, and " + resume
	}
	return "that is set to Active in the App's manifest"
}

// warnOfGitOps says who will undo a change of the spec.
func (p *plugin) warnOfGitOps(app *v1alpha1.App, field string) {
	if keeper := keeperOf(app); keeper != "" {
		p.warn("App %q is kept in Git by %s, which may put %s back: change it there", app.Name, keeper, field)
	}
}

// keeperOf names the tool that keeps an App's spec as it is in Git, empty when
// none is seen.
func keeperOf(app *v1alpha1.App) string {
	switch {
	case app.Labels["kustomize.toolkit.fluxcd.io/name"] != "":
		return "Flux (Kustomization " + app.Labels["kustomize.toolkit.fluxcd.io/name"] + ")"
	case app.Labels["helm.toolkit.fluxcd.io/name"] != "":
		return "Flux (HelmRelease " + app.Labels["helm.toolkit.fluxcd.io/name"] + ")"
	case app.Annotations["argocd.argoproj.io/tracking-id"] != "":
		application, _, _ := strings.Cut(app.Annotations["argocd.argoproj.io/tracking-id"], ":")
		return "Argo CD (Application " + application + ")"
	}
	for _, manager := range app.ManagedFields {
		if slices.Contains([]string{"argocd-controller", "kustomize-controller", "helm-controller"}, manager.Manager) {
			return manager.Manager
		}
	}
	return ""
}
