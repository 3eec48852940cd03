package metrics

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// conditions are those that Apps are counted by.
var conditions = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionInputsResolved, v1alpha1.ConditionAvailable, v1alpha1.ConditionRolledOut,
	v1alpha1.ConditionServiceBindingsReady, v1alpha1.ConditionScalingActive, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
}

// ListApps returns all Apps, which are not changed.
type ListApps func(ctx context.Context) ([]v1alpha1.App, error)

// Apps tells how Apps are.
type Apps struct {
	list ListApps
	info *prometheus.Desc
	apps *prometheus.Desc
}

// NewApps returns a collector that asks for the Apps at each scrape.
func NewApps(list ListApps) *Apps {
	return &Apps{
		list: list,
		info: prometheus.NewDesc("bowline_app_info",
			"Always 1: the Release of an App that runs, and its status as kubectl get apps shows it.",
			[]string{"namespace", "app", "release", "status"}, nil),
		apps: prometheus.NewDesc("bowline_apps",
			"Number of Apps by condition and the condition's status.",
			[]string{"condition", "status"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (a *Apps) Describe(to chan<- *prometheus.Desc) {
	to <- a.info
	to <- a.apps
}

// listTimeout bounds the answer of the cache, which comes at once unless the
// cache is still being filled.
const listTimeout = 5 * time.Second

// Collect implements prometheus.Collector, which hands over no context.
func (a *Apps) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), listTimeout)
	defer cancel()
	apps, err := a.list(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(a.info, fmt.Errorf("list Apps: %w", err))
		return
	}
	count := map[[2]string]float64{}
	for _, condition := range conditions {
		for _, status := range []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown} {
			count[[2]string{condition, string(status)}] = 0
		}
	}
	for i := range apps {
		app := &apps[i]
		to <- prometheus.MustNewConstMetric(a.info, prometheus.GaugeValue, 1, app.Namespace, app.Name, app.Status.Release.Running, status(app))
		for _, condition := range app.Status.Conditions {
			key := [2]string{condition.Type, string(condition.Status)}
			if _, known := count[key]; known {
				count[key]++
			}
		}
	}
	for key, n := range count {
		to <- prometheus.MustNewConstMetric(a.apps, prometheus.GaugeValue, n, key[0], key[1])
	}
}

// status is the reason of the condition Ready, and Unknown before there is one.
func status(app *v1alpha1.App) string {
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return "Unknown"
}
