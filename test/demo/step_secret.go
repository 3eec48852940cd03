package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// token is what the story's Secret holds, and what must be nowhere else.
const token = "not-a-real-token"

// missingSecret is step 8.
func missingSecret(ctx context.Context, s *story) error {
	mark, pods := s.tape.mark(), all[*corev1.Pod](s.tape)
	if err := s.held(ctx, pods); err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "create", "secret", "generic", "payments", "--from-literal=PAYMENTS_TOKEN="+token); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	app, release, err := s.appAndRelease("shop-5")
	if err != nil {
		return err
	}
	err = first(
		expect("the message of Ready", "3 of 3 pods available (shop-5)", message(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("InputsResolved", "True Resolved", condition(app.Status.Conditions, v1alpha1.ConditionInputsResolved)),
		expect("Releases", "shop-1, shop-2, shop-3, shop-4, shop-5", names(all[*v1alpha1.Release](s.tape))),
		expect("inputs of the Release shop-5", 1, len(release.Spec.Sources)),
	)
	if err != nil {
		return err
	}
	s.out.held("the Secret is there, and the Release shop-5 went out and has proved healthy")
	if err := s.usesCopy(release.Spec.ConfigName, release.Spec.Sources[0].CopyName); err != nil {
		return err
	}
	return s.servedThroughout(mark)
}

// held applies a manifest that refers to a missing Secret, and sees that it
// waits.
func (s *story) held(ctx context.Context, pods []*corev1.Pod) error {
	if err := s.apply(ctx, "secret"); err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "wait", "--for=condition=InputsResolved=False", "app/"+appName, "--timeout=30s"); err != nil {
		return err
	}
	app, _, err := s.appAndRelease("shop-2")
	if err != nil {
		return err
	}
	err = first(
		expect("Ready", "False InputsMissing", condition(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("InputsResolved", "False InputsMissing", condition(app.Status.Conditions, v1alpha1.ConditionInputsResolved)),
		expect("Available", "True MinimumReplicasAvailable", condition(app.Status.Conditions, v1alpha1.ConditionAvailable)),
		expect("Stalled", "absent", condition(app.Status.Conditions, v1alpha1.ConditionStalled)),
		expect("the message of InputsResolved",
			`spec.secrets[0]: Secret "payments" does not exist in namespace "default": create it or remove the reference`,
			message(app.Status.Conditions, v1alpha1.ConditionInputsResolved)),
		expect("the Releases", "shop-1, shop-2, shop-3, shop-4", names(all[*v1alpha1.Release](s.tape))),
		expectSamePods(pods, all[*corev1.Pod](s.tape)),
	)
	if err != nil {
		return err
	}
	s.out.held("it waits: %s", message(app.Status.Conditions, v1alpha1.ConditionInputsResolved))
	if err := s.showApp(ctx); err != nil {
		return err
	}
	s.out.held("Available is True: the same 3 pods serve as before")
	return nil
}

// usesCopy checks that the pods use an immutable copy of the Secret, and that
// no Release tells what is in it.
func (s *story) usesCopy(config, name string) error {
	want := []string{config, name}
	secret, ok := named[*corev1.Secret](s.tape, name)
	if !ok {
		return &unmet{want: "the Secret " + name, saw: names(all[*corev1.Secret](s.tape))}
	}
	err := first(
		expect("the token in the copy", token, string(secret.Data["PAYMENTS_TOKEN"])),
		expect("the copy is immutable", true, secret.Immutable != nil && *secret.Immutable),
	)
	if err != nil {
		return err
	}
	for _, pod := range all[*corev1.Pod](s.tape) {
		if err := expect("what the pod "+pod.Name+" uses", strings.Join(want, ", "), strings.Join(uses(pod.Spec), ", ")); err != nil {
			return err
		}
	}
	for _, release := range all[*v1alpha1.Release](s.tape) {
		if strings.Contains(fmt.Sprintf("%+v", release), token) {
			return &unmet{want: "no secret in the Release " + release.Name, saw: token}
		}
	}
	s.out.held("the pods use %s, an immutable copy: what they were tested with cannot change under them", name)
	return nil
}
