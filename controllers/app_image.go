package controllers

import (
	"context"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/registry"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// pinImage finds out what the image's tag stands for, once for each Release: when
// it is about to be made. Until the registry has answered nothing is made and
// what runs stays.
func (p *pass) pinImage(ctx context.Context) error {
	if !p.wantsDigest() {
		return nil
	}
	wanted, inputs := p.decision.Make, &p.inputs.Inputs
	answer, err := p.Digests.Ask(ctx, p.now, registry.Question{
		App:     p.app,
		Image:   inputs.Image,
		Release: wanted.Number,
		Wish:    wanted.Retry + "\n" + wanted.Restart,
	})
	if err != nil {
		return err
	}
	bestEffort := inputs.Workload.ImageDigest == v1alpha1.DigestBestEffort
	switch {
	case answer.Digest != "":
		inputs.Digest = answer.Digest
	case bestEffort && !answer.Pending:
		inputs.DigestProblem = answer.Problem
	case bestEffort, answer.Problem == "":
		p.holdImage(answer, v1alpha1.ReasonResolvingImage, `spec.image: the registry is being asked what "`+inputs.Image+`" stands for`)
	default:
		p.holdImage(answer, v1alpha1.ReasonImageNotResolved, answer.Problem+", or set imageDigest: BestEffort")
	}
	return nil
}

// wantsDigest tells that a Release is to be made of a tag that is to be resolved.
func (p *pass) wantsDigest() bool {
	inputs := &p.inputs.Inputs
	return p.decision.Make != nil && inputs.Workload.Resolves() && !strings.Contains(inputs.Image, "@")
}

// holdImage holds the App until a registry answers, or is asked again.
func (p *pass) holdImage(answer registry.Answer, reason, message string) {
	p.state.Held = &rollout.Held{Reason: reason, Message: message}
	p.decision = rollout.Decide(p.state)
	if !answer.Pending {
		p.decision.Recheck = sooner(p.decision.Recheck, answer.Next)
	}
}
