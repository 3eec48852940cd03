package controllers

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/metrics"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// record writes down what was decided before it is acted upon: verdicts on
// Releases, and the new Release. Who looks next, after a crash too, finds the
// decision made.
func (p *pass) record(ctx context.Context) error {
	p.releases = slices.Clone(p.snapshot.Releases)
	for _, mark := range p.decision.Marks {
		if err := p.mark(ctx, mark); err != nil {
			return err
		}
	}
	if err := p.recordInputs(ctx); err != nil {
		return err
	}
	if p.decision.Make == nil {
		return nil
	}
	return p.make(ctx, p.decision.Make)
}

// recordInputs writes what a Release depends on and nothing else remembers.
func (p *pass) recordInputs(ctx context.Context) error {
	if err := p.storeKey(ctx); err != nil {
		return err
	}
	for _, secret := range p.inputs.Generated {
		if err := p.generate(ctx, secret); err != nil {
			return err
		}
	}
	return nil
}

// storeKey stores the App's digest key, also one that somebody deleted while it
// is still known here.
func (p *pass) storeKey(ctx context.Context) error {
	name := release.KeyName(p.app.Name)
	store := func(key []byte) error {
		return apply.Copy(ctx, p.Applier, p.app, render.SecretCopy(p.app, name, map[string][]byte{resolve.KeyEntry: key}))
	}
	if made := p.inputs.NewKey; made != nil {
		if err := store(made); err != nil {
			return err
		}
		p.Resolver.Stored(p.app, made)
		p.copied.Add(p.copyKey(name), p.now)
		return nil
	}
	if known := p.Resolver.KnownKey(p.app); known != nil {
		return p.copyOnce(p.snapshot.Secrets, name, func() error { return store(known) })
	}
	return nil
}

func (p *pass) mark(ctx context.Context, mark rollout.ReleaseMark) error {
	marked := p.numbered(mark.Number)
	if marked == nil {
		return fmt.Errorf("mark Release %d of App %q: there is no such Release", mark.Number, p.app.Name)
	}
	*marked = *marked.DeepCopy() // what the caches hold is not ours to change
	going := !hasEnded(marked)
	patch, err := statusPatch(marked, marked.Status, report.ReleaseStatus(marked.Status, mark, p.signs(ctx, mark), p.now))
	if err != nil {
		return err
	}
	if err := p.Status().Patch(ctx, marked, patch); err != nil {
		return fmt.Errorf("write the status of Release %q: %w", marked.Name, err)
	}
	if going && hasEnded(marked) {
		outcome, reason := outcomeOf(mark)
		p.Metrics.Ended(outcome, reason, p.now.Sub(marked.CreationTimestamp.Time))
	}
	return nil
}

// outcomeOf is how a Release ends by a mark, and why it failed if it did.
func outcomeOf(mark rollout.ReleaseMark) (metrics.Outcome, string) {
	switch {
	case mark.Verdict == nil:
		return metrics.Superseded, ""
	case mark.Verdict.Health == rollout.Healthy:
		return metrics.Healthy, ""
	}
	return metrics.Failed, mark.Verdict.Reason
}

// mostAsked is how many pods' events are read when a Release fails.
const mostAsked = 3

// signs are the verdict's, with what kubelets said of failing probes when they
// are to be kept as evidence. A verdict does not wait for that: what cannot be
// read is left out.
func (p *pass) signs(ctx context.Context, mark rollout.ReleaseMark) []health.Sign {
	signs := p.verdict.Signs
	if mark.Verdict == nil || !mark.Verdict.Evidence {
		return signs
	}
	failures, err := observe.ProbeFailures(ctx, p.Live, p.app.Namespace, health.PodsToAsk(signs, mostAsked))
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "the evidence lacks what probes said")
		return signs
	}
	return health.Explain(signs, failures)
}

func (p *pass) make(ctx context.Context, wanted *rollout.Make) error {
	made := p.newRelease(wanted)
	if err := p.create(ctx, made); err != nil {
		return err
	}
	p.made = made
	p.releases = append(p.releases, *made)
	return nil
}

func (p *pass) create(ctx context.Context, made *v1alpha1.Release) error {
	err := p.Create(ctx, made, client.FieldOwner(v1alpha1.FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return p.Applier.WhoHas(ctx, p.app, "Release", made.Name)
	}
	return apply.Classify("Release", made.Name, err)
}

func (p *pass) newRelease(wanted *rollout.Make) *v1alpha1.Release {
	inputs := p.inputs.Inputs
	return &v1alpha1.Release{
		ObjectMeta: metav1.ObjectMeta{
			Name:            release.Name(p.app.Name, wanted.Number),
			Namespace:       p.app.Namespace,
			Labels:          p.childLabels(),
			OwnerReferences: p.owner(),
		},
		Spec: v1alpha1.ReleaseSpec{
			App:           p.app.Name,
			Number:        wanted.Number,
			InputHash:     p.state.InputHash,
			Cause:         p.cause(wanted.Cause),
			Image:         inputs.Image,
			Digest:        inputs.Digest,
			DigestProblem: inputs.DigestProblem,
			Workload:      inputs.Workload,
			Spread:        inputs.Spread,
			ConfigName:    render.ConfigName(p.app.Name, inputs.Workload),
			Sources:       inputs.Sources,
			Bindings:      inputs.Bindings,
			RetryToken:    wanted.Retry,
			RestartToken:  wanted.Restart,
		},
	}
}

func (p *pass) childLabels() map[string]string {
	return map[string]string{
		v1alpha1.LabelApp:       p.app.Name,
		v1alpha1.LabelName:      p.app.Name,
		v1alpha1.LabelManagedBy: v1alpha1.FieldOwner,
	}
}

func (p *pass) owner() []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(p.app, v1alpha1.GroupVersion.WithKind("App"))}
}

// cause says in words what made a Release necessary.
func (p *pass) cause(cause rollout.Cause) string {
	if cause != rollout.CauseInputs || len(p.releases) == 0 {
		if cause == rollout.CauseInputs {
			return "spec"
		}
		return string(cause)
	}
	return release.Cause(p.releases[len(p.releases)-1].Spec, p.inputs.Inputs)
}
