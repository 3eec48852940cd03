package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	imageLimit = 12 * time.Second // from the first sign to the decision
	crashLimit = 60 * time.Second // from the apply to what served before
)

// rollback is an attempt that is to fail, and what was there before it.
type rollback struct {
	*story
	failed, returns string // Releases
	mark            int
	pods            []*corev1.Pod
	children        children
	spec            string // the App's, as it was applied
	applied         time.Time
}

// attempt applies a manifest that is to fail.
func (s *story) attempt(ctx context.Context, name, failed, returns string) (*rollback, error) {
	r := &rollback{story: s, failed: failed, returns: returns, pods: all[*corev1.Pod](s.tape), mark: s.tape.mark()}
	var err error
	if r.children, err = s.readChildren(ctx); err != nil {
		return nil, err
	}
	r.applied = time.Now()
	if err := s.apply(ctx, name); err != nil {
		return nil, err
	}
	r.spec, err = s.specOfApp(ctx)
	return r, err
}

// badImage is step 3.
func badImage(ctx context.Context, s *story) error {
	r, err := s.attempt(ctx, "bad-image", "shop-3", "shop-2")
	if err != nil {
		return err
	}
	sign, err := r.firstSign(ctx, "ErrImagePull", "ImagePullBackOff")
	if err != nil {
		return err
	}
	if err := r.decided(ctx, sign, "CannotStart"); err != nil {
		return err
	}
	verdict, _ := verdict(s.tape, r.failed)
	if took := verdict.at.Sub(sign.at); took > imageLimit {
		return &unmet{want: fmt.Sprintf("the decision within %s of the first ErrImagePull", imageLimit), saw: took.String()}
	}
	if err := r.returned(ctx, "shop-3 failed (CannotStart: 1 of 1 updated pods in * for * s, budget 10 s (pod *)); shop-2 serves again: "+
		"change the spec, or set the annotation bowline.dev/retry to try the same inputs again"); err != nil {
		return err
	}
	return r.nothingChanged(ctx)
}

// badConfig is step 4.
func badConfig(ctx context.Context, s *story) error {
	r, err := s.attempt(ctx, "bad-config", "shop-4", "shop-2")
	if err != nil {
		return err
	}
	sign, err := r.firstSign(ctx, "CrashLoopBackOff")
	if err != nil {
		return err
	}
	if err := r.decided(ctx, sign, "Crashing"); err != nil {
		return err
	}
	if err := r.returned(ctx, "shop-4 failed (Crashing: a container was restarted 3 times > 2*); shop-2 serves again: "+
		"change the spec, or set the annotation bowline.dev/retry to try the same inputs again"); err != nil {
		return err
	}
	if took := time.Since(r.applied); took > crashLimit {
		return &unmet{want: fmt.Sprintf("image and file back within %s of the apply", crashLimit), saw: took.String()}
	}
	deployment, err := s.deployment()
	if err != nil {
		return err
	}
	_, release, err := s.appAndRelease(r.returns)
	if err != nil {
		return err
	}
	template := deployment.Spec.Template.Spec
	err = first(
		expect("the image that is back", "registry.example/shop:1.0.0", template.Containers[0].Image),
		expect("the ConfigMap that is back", release.Spec.ConfigName, strings.Join(uses(template), ", ")),
		expect("the variables with literal values", "", strings.Join(literals(template), ", ")),
	)
	if err != nil {
		return err
	}
	s.out.held("image, file and variable came back together, %.1f s after the apply", time.Since(r.applied).Seconds())
	_, failed, err := s.appAndRelease(r.failed)
	if err != nil {
		return err
	}
	return r.nothingChanged(ctx, "ConfigMap "+failed.Spec.ConfigName)
}

// revert is step 5.
func revert(ctx context.Context, s *story) error {
	mark, pods, releases := s.tape.mark(), all[*corev1.Pod](s.tape), all[*v1alpha1.Release](s.tape)
	before, err := s.readChildren(ctx)
	if err != nil {
		return err
	}
	if err := s.apply(ctx, "config"); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	app, _, err := s.appAndRelease("shop-2")
	if err != nil {
		return err
	}
	after, err := s.readChildren(ctx)
	if err != nil {
		return err
	}
	err = first(
		expect("the message of Ready", "3 of 3 pods available (shop-2)", message(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("the Releases", names(releases), names(all[*v1alpha1.Release](s.tape))),
		expectSamePods(pods, all[*corev1.Pod](s.tape)),
		expect("versions of pods since", 0, len(versions[*corev1.Pod](s.tape, mark))),
		before.expectSame(after),
	)
	if err != nil {
		return err
	}
	s.out.held("Ready is True again: %s", message(app.Status.Conditions, v1alpha1.ConditionReady))
	s.out.held("no new Release, and the pods have the same UIDs: none was even touched")
	return nil
}

// firstSign waits for the first pod of the failing Release that shows why.
func (r *rollback) firstSign(ctx context.Context, reasons ...string) (sight, error) {
	var found sight
	err := r.until(ctx, 30*time.Second, "a pod with "+reasons[0], func() (string, bool) {
		s, ok := firstWaiting(r.tape, r.mark, r.pods, reasons...)
		found = s
		return "pods " + names(all[*corev1.Pod](r.tape)), ok
	})
	if err != nil {
		return found, err
	}
	r.out.held("the first pod of %s shows %s", r.failed, reasons[0])
	return found, nil
}

// decided waits for the verdict on the Release.
func (r *rollback) decided(ctx context.Context, sign sight, reason string) error {
	err := r.until(ctx, crashLimit, "a verdict on the Release "+r.failed, func() (string, bool) {
		_, ok := verdict(r.tape, r.failed)
		return "none", ok
	})
	if err != nil {
		return err
	}
	_, release, err := r.appAndRelease(r.failed)
	if err != nil {
		return err
	}
	if err := expect("Healthy of the Release "+r.failed, "False "+reason, condition(release.Status.Conditions, v1alpha1.ConditionHealthy)); err != nil {
		return err
	}
	at, _ := verdict(r.tape, r.failed)
	r.out.held("decided: %s has failed (%s), %.1f s after the apply and %.1f s after that sign", r.failed, reason,
		at.at.Sub(r.applied).Seconds(), at.at.Sub(sign.at).Seconds())
	return nil
}

// returned waits until what served before is all there is, and checks what the
// App and the Release say of it.
func (r *rollback) returned(ctx context.Context, want string) error {
	err := r.until(ctx, 30*time.Second, "Stalled=True RolledBack, and no pod of "+r.failed, func() (string, bool) {
		app, _ := named[*v1alpha1.App](r.tape, appName)
		pods, saw := all[*corev1.Pod](r.tape), condition(app.Status.Conditions, v1alpha1.ConditionStalled)
		return saw + ", pods " + names(pods), saw == "True RolledBack" && len(pods) == len(r.pods)
	})
	if err != nil {
		return err
	}
	app, release, err := r.appAndRelease(r.failed)
	if err != nil {
		return err
	}
	err = first(
		expect("Available", "True MinimumReplicasAvailable", condition(app.Status.Conditions, v1alpha1.ConditionAvailable)),
		expect("RolledOut", "False RolledBack", condition(app.Status.Conditions, v1alpha1.ConditionRolledOut)),
		expect("Ready", "False RolledBack", condition(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("the Release that runs", r.returns, app.Status.Release.Running),
		expect("the Release that is desired", r.failed, app.Status.Release.Desired),
		expectLike("the message of Ready", want, message(app.Status.Conditions, v1alpha1.ConditionReady)),
	)
	if err != nil {
		return err
	}
	r.out.held("%s", message(app.Status.Conditions, v1alpha1.ConditionReady))
	return r.evidence(ctx, release)
}

// evidence shows what the Release keeps of its failure, though its pods are
// gone.
func (r *rollback) evidence(ctx context.Context, release *v1alpha1.Release) error {
	if err := r.show(ctx, "get", "releases"); err != nil {
		return err
	}
	err := r.show(ctx, "get", "release", release.Name, "-o",
		`jsonpath={range .status.evidence[*]}{.pod}: {.reason} {.exitCode} {.message}{"\n"}{end}`)
	if err != nil {
		return err
	}
	if len(release.Status.Evidence) == 0 {
		return &unmet{want: "evidence in the Release " + release.Name, saw: "none"}
	}
	for _, evidence := range release.Status.Evidence {
		_, there := named[*corev1.Pod](r.tape, evidence.Pod)
		err := first(
			expectLike("the pod of the evidence", "shop-*", evidence.Pod),
			expect("the container of the evidence", "app", evidence.Container),
			expect("that pod is there", false, there),
		)
		if err != nil {
			return err
		}
	}
	r.out.held("the evidence is kept in the Release; the pod it speaks of is gone")
	return nil
}

// nothingChanged checks that what served is untouched by the attempt. The
// extra objects are those that only the failed Release used.
func (r *rollback) nothingChanged(ctx context.Context, extra ...string) error {
	if err := expectSamePods(r.pods, all[*corev1.Pod](r.tape)); err != nil {
		return err
	}
	r.out.held("the pods that served still serve, with the same UIDs")
	after, err := r.readChildren(ctx)
	if err != nil {
		return err
	}
	if err := r.children.expectSame(after, extra...); err != nil {
		return err
	}
	r.out.held("every object in use is byte for byte what it was (%s)", strings.Join(r.children.names(), ", "))
	spec, err := r.specOfApp(ctx)
	if err != nil {
		return err
	}
	if err := expect("the App's spec, as it was applied", r.spec, spec); err != nil {
		return err
	}
	r.out.held("the App's spec is what was applied: nobody wrote to it")
	return r.servedThroughout(r.mark)
}

// specOfApp reads the generation and the spec of the App.
func (s *story) specOfApp(ctx context.Context) (string, error) {
	app := &v1alpha1.App{}
	if err := s.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: appName}, app); err != nil {
		return "", err
	}
	spec, err := json.Marshal(app.Spec)
	return fmt.Sprintf("generation %d, %s", app.Generation, spec), err
}
