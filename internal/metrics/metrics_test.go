package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/metrics"
)

func wantMetrics(t *testing.T, registry *prometheus.Registry, want string, names ...string) {
	t.Helper()
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestReleases(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	releases, err := metrics.NewReleases(registry)
	if err != nil {
		t.Fatal(err)
	}
	releases.Ended(metrics.Healthy, "", 42*time.Second)
	releases.Ended(metrics.Failed, v1alpha1.FailureCrash, 31*time.Second)
	releases.Ended(metrics.Failed, v1alpha1.FailureCrash, 33*time.Second)
	releases.RolledBack(v1alpha1.FailureCrash)
	wantMetrics(t, registry, `
# HELP bowline_releases_total Releases that ended, by outcome (Healthy, Failed, Superseded) and the reason of a failure.
# TYPE bowline_releases_total counter
bowline_releases_total{outcome="Failed",reason="BakeFailed"} 0
bowline_releases_total{outcome="Failed",reason="CannotStart"} 0
bowline_releases_total{outcome="Failed",reason="Crashing"} 2
bowline_releases_total{outcome="Failed",reason="Infrastructure"} 0
bowline_releases_total{outcome="Failed",reason="NotReady"} 0
bowline_releases_total{outcome="Healthy",reason=""} 1
bowline_releases_total{outcome="Superseded",reason=""} 0
# HELP bowline_rollbacks_total Rollbacks to the last healthy Release, by the reason of the failure.
# TYPE bowline_rollbacks_total counter
bowline_rollbacks_total{reason="BakeFailed"} 0
bowline_rollbacks_total{reason="CannotStart"} 0
bowline_rollbacks_total{reason="Crashing"} 1
bowline_rollbacks_total{reason="Infrastructure"} 0
bowline_rollbacks_total{reason="NotReady"} 0
`, "bowline_releases_total", "bowline_rollbacks_total")
	n, err := testutil.GatherAndCount(registry, "bowline_release_duration_seconds")
	if err != nil || n != 7 {
		t.Errorf("%d histograms, %v", n, err)
	}
}

func app(name, running string, conditions ...metav1.Condition) v1alpha1.App {
	out := v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}}
	out.Status.Release.Running = running
	out.Status.Conditions = conditions
	return out
}

func TestApps(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	apps := []v1alpha1.App{
		app("web", "web-3",
			metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonRolledBack},
			metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonRolledBack},
			metav1.Condition{Type: "acme.example/Approved", Status: metav1.ConditionTrue, Reason: "Yes"}),
		app("api", "api-1",
			metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonHealthy},
			metav1.Condition{Type: v1alpha1.ConditionAvailable, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonMinimumReplicasAvailable}),
		app("new", ""),
	}
	registry.MustRegister(metrics.NewApps(func(context.Context) ([]v1alpha1.App, error) { return apps, nil }))
	wantMetrics(t, registry, `
# HELP bowline_app_info Always 1: the Release of an App that runs, its status as kubectl get apps shows it, and whether users are served and a person is needed.
# TYPE bowline_app_info gauge
bowline_app_info{app="api",available="True",namespace="shop",release="api-1",stalled="False",status="Healthy"} 1
bowline_app_info{app="new",available="Unknown",namespace="shop",release="",stalled="False",status="Unknown"} 1
bowline_app_info{app="web",available="Unknown",namespace="shop",release="web-3",stalled="True",status="RolledBack"} 1
# HELP bowline_apps Number of Apps by condition and the condition's status.
# TYPE bowline_apps gauge
bowline_apps{condition="Available",status="False"} 0
bowline_apps{condition="Available",status="True"} 1
bowline_apps{condition="Available",status="Unknown"} 0
bowline_apps{condition="InputsResolved",status="False"} 0
bowline_apps{condition="InputsResolved",status="True"} 0
bowline_apps{condition="InputsResolved",status="Unknown"} 0
bowline_apps{condition="Ready",status="False"} 1
bowline_apps{condition="Ready",status="True"} 1
bowline_apps{condition="Ready",status="Unknown"} 0
bowline_apps{condition="Reconciling",status="False"} 0
bowline_apps{condition="Reconciling",status="True"} 0
bowline_apps{condition="Reconciling",status="Unknown"} 0
bowline_apps{condition="RolledOut",status="False"} 0
bowline_apps{condition="RolledOut",status="True"} 0
bowline_apps{condition="RolledOut",status="Unknown"} 0
bowline_apps{condition="ScalingActive",status="False"} 0
bowline_apps{condition="ScalingActive",status="True"} 0
bowline_apps{condition="ScalingActive",status="Unknown"} 0
bowline_apps{condition="ServiceBindingsReady",status="False"} 0
bowline_apps{condition="ServiceBindingsReady",status="True"} 0
bowline_apps{condition="ServiceBindingsReady",status="Unknown"} 0
bowline_apps{condition="Stalled",status="False"} 0
bowline_apps{condition="Stalled",status="True"} 1
bowline_apps{condition="Stalled",status="Unknown"} 0
`)
}

// TestAppsThatCannotBeListed: the scrape says so; it does not tell of no Apps.
func TestAppsThatCannotBeListed(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.NewApps(func(context.Context) ([]v1alpha1.App, error) {
		return nil, errors.New("the cache is not filled")
	}))
	if _, err := registry.Gather(); err == nil || !strings.Contains(err.Error(), "list Apps: the cache is not filled") {
		t.Errorf("got %v", err)
	}
}
