package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/adopt"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// recordAdopted makes the Release of what a Deployment runs, unless it is there.
// All of its pods serve, so it has proved healthy.
func (p *pass) recordAdopted(ctx context.Context, live *appsv1.Deployment, found comparison) error {
	template, err := json.Marshal(live.Spec.Template)
	if err != nil {
		return fmt.Errorf("encode the pod template of Deployment %q: %w", live.Name, err)
	}
	if err := p.recordInputs(ctx); err != nil {
		return err
	}
	p.releases = slices.Clone(p.snapshot.Releases)
	made := lastAdopted(p.releases)
	if made == nil || !holds(made.Spec.Adopted, &live.Spec.Template) {
		if err := p.supersedeNewest(ctx); err != nil {
			return err
		}
		made = p.adoptedRelease(template, found)
		if err := p.create(ctx, made); err != nil {
			return err
		}
		p.releases = append(p.releases, *made)
	}
	if hasEnded(made) || live.Status.AvailableReplicas == 0 {
		return nil
	}
	return p.mark(ctx, rollout.ReleaseMark{Number: made.Spec.Number, Verdict: &rollout.FinalVerdict{
		Health: rollout.Healthy, Reason: v1alpha1.ReasonHealthy, Message: "all pods were available when the Deployment was taken over",
	}})
}

// holds tells whether a pod template was written down. The API server orders the
// fields of what it keeps.
func holds(written *runtime.RawExtension, template *corev1.PodTemplateSpec) bool {
	read := corev1.PodTemplateSpec{}
	return json.Unmarshal(written.Raw, &read) == nil && equality.Semantic.DeepEqual(&read, template)
}

// supersedeNewest ends a Release that could not go out: what had its App's name
// was somebody else's.
func (p *pass) supersedeNewest(ctx context.Context) error {
	n := len(p.releases)
	if n == 0 || hasEnded(&p.releases[n-1]) {
		return nil
	}
	return p.mark(ctx, rollout.ReleaseMark{Number: p.releases[n-1].Spec.Number, Superseded: true})
}

// lastAdopted returns the newest Release that was taken over, nil when none was.
func lastAdopted(releases []v1alpha1.Release) *v1alpha1.Release {
	for i := len(releases) - 1; i >= 0; i-- {
		if releases[i].Spec.Adopted != nil {
			return &releases[i]
		}
	}
	return nil
}

// adoptedRelease is the Release of what a Deployment runs. It has the App's
// inputs, if it runs what the App says, but no copies: its pods use what they
// used. Else it keeps of the App what others than its pods need.
func (p *pass) adoptedRelease(template []byte, found comparison) *v1alpha1.Release {
	made := p.newRelease(&rollout.Make{Number: p.nextNumber(), Cause: rollout.CauseInputs, Retry: p.state.Retry, Restart: p.state.Restart})
	spec := &made.Spec
	spec.Cause, spec.Adopted = v1alpha1.CauseAdopted, &runtime.RawExtension{Raw: template}
	if found.same {
		spec.Sources, spec.Bindings = slices.Clone(spec.Sources), slices.Clone(spec.Bindings)
		for i := range spec.Sources {
			spec.Sources[i].CopyName = ""
		}
		for i := range spec.Bindings {
			spec.Bindings[i].CopyName = ""
		}
		return made
	}
	made.Spec = v1alpha1.ReleaseSpec{
		App: spec.App, Number: spec.Number, InputHash: v1alpha1.CauseAdopted, Cause: spec.Cause, Image: adopt.InFull(found.image),
		Workload:   v1alpha1.WorkloadSpec{Image: found.image, Ports: p.app.Spec.Ports},
		RetryToken: spec.RetryToken, RestartToken: spec.RestartToken,
		Adopted: spec.Adopted,
	}
	return made
}

// adoptedBefore tells that there may be pods of a Deployment that was taken over.
func (p *pass) adoptedBefore() bool { return lastAdopted(p.releases) != nil }
