package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// goesOut is step 1.
func goesOut(ctx context.Context, s *story) error {
	if err := s.apply(ctx, "shop"); err != nil {
		return err
	}
	err := s.until(ctx, 30*time.Second, "all 3 pods available", func() (string, bool) {
		app, _ := named[*v1alpha1.App](s.tape, appName)
		return fmt.Sprintf("%d", available(app)), available(app) == 3
	})
	if err != nil {
		return err
	}
	s.out.held("all 3 pods are available; for 3 seconds they must stay so (bakeSeconds)")
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	app, release, err := s.appAndRelease("shop-1")
	if err != nil {
		return err
	}
	err = first(
		expect("Ready", "True Healthy", condition(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("the message of Ready", "3 of 3 pods available (shop-1)", message(app.Status.Conditions, v1alpha1.ConditionReady)),
		expect("Available", "True MinimumReplicasAvailable", condition(app.Status.Conditions, v1alpha1.ConditionAvailable)),
		expect("Healthy of the Release shop-1", "True Healthy", condition(release.Status.Conditions, v1alpha1.ConditionHealthy)),
		expect("the cause of the Release shop-1", "spec", release.Spec.Cause),
	)
	if err != nil {
		return err
	}
	s.out.held("Ready is True: %s; the Release shop-1 has proved healthy", message(app.Status.Conditions, v1alpha1.ConditionReady))
	made, err := s.readChildren(ctx)
	if err != nil {
		return err
	}
	want := []string{"ConfigMap " + release.Spec.ConfigName, "Deployment shop", "PodDisruptionBudget shop", "Secret " + app.Status.Binding.Name, "Service shop"}
	if err := expect("the App's objects", strings.Join(want, ", "), strings.Join(made.names(), ", ")); err != nil {
		return err
	}
	s.out.held("made for it: %s", strings.Join(want, ", "))
	return nil
}

// configChanges is step 2.
func configChanges(ctx context.Context, s *story) error {
	mark, before := s.tape.mark(), all[*corev1.Pod](s.tape)
	if err := s.apply(ctx, "config"); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	app, release, err := s.appAndRelease("shop-2")
	if err != nil {
		return err
	}
	err = first(
		expect("the Release that runs", "shop-2", app.Status.Release.Running),
		expect("the cause of the Release shop-2", "spec", release.Spec.Cause),
	)
	if err != nil {
		return err
	}
	s.out.held("the change is the Release shop-2, and it has proved healthy")
	config, ok := named[*corev1.ConfigMap](s.tape, release.Spec.ConfigName)
	if !ok {
		return &unmet{want: "the ConfigMap " + release.Spec.ConfigName, saw: names(all[*corev1.ConfigMap](s.tape))}
	}
	if err := expect("GREETING in its ConfigMap", "good morning", config.Data["GREETING"]); err != nil {
		return err
	}
	if err := s.allReplaced(before, config.Name); err != nil {
		return err
	}
	s.out.held("all 3 pods are new and use its ConfigMap %s, with GREETING=%q", config.Name, "good morning")
	return s.servedThroughout(mark)
}

// allReplaced checks that none of the pods is one of before, and that all use
// a ConfigMap.
func (s *story) allReplaced(before []*corev1.Pod, configMap string) error {
	pods, old := all[*corev1.Pod](s.tape), podUIDs(before)
	for _, pod := range pods {
		if slices.Contains(old, pod.UID) {
			return &unmet{want: "every pod replaced", saw: "still there: " + pod.Name}
		}
		if err := expect("what the pod "+pod.Name+" uses", configMap, strings.Join(uses(pod.Spec), ", ")); err != nil {
			return err
		}
	}
	return expect("pods", 3, len(pods))
}

// servedThroughout checks that the App was available in every status since a
// mark, and never had fewer than 3 pods ready.
func (s *story) servedThroughout(mark int) error {
	statuses, err := alwaysAvailable(s.tape, mark)
	if err != nil {
		return err
	}
	if err := neverFewer(s.tape, mark, 3); err != nil {
		return err
	}
	s.out.held("users were served throughout: Available is True in each of %s of the App, and never were fewer than 3 pods ready", count(statuses, "version"))
	return nil
}

// appAndRelease returns both as they are now.
func (s *story) appAndRelease(name string) (*v1alpha1.App, *v1alpha1.Release, error) {
	app, ok := named[*v1alpha1.App](s.tape, appName)
	if !ok {
		return nil, nil, &unmet{want: "the App " + appName, saw: "none"}
	}
	release, ok := named[*v1alpha1.Release](s.tape, name)
	if !ok {
		return nil, nil, &unmet{want: "the Release " + name, saw: names(all[*v1alpha1.Release](s.tape))}
	}
	return app, release, nil
}

// deployment returns the Deployment as it is now.
func (s *story) deployment() (*appsv1.Deployment, error) {
	deployment, ok := named[*appsv1.Deployment](s.tape, appName)
	if !ok {
		return nil, &unmet{want: "the Deployment " + appName, saw: "none"}
	}
	return deployment, nil
}

// available returns how many pods the App says may serve.
func available(app *v1alpha1.App) int32 {
	if app == nil || app.Status.AvailableReplicas == nil {
		return 0
	}
	return *app.Status.AvailableReplicas
}
