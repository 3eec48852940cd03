package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Outcome is how a Release ended.
type Outcome string

// The outcomes.
const (
	Healthy    Outcome = "Healthy"
	Failed     Outcome = "Failed"
	Superseded Outcome = "Superseded"
)

// failures are the reasons of Releases that failed.
var failures = []string{
	v1alpha1.FailureTerminal, v1alpha1.FailureCrash, v1alpha1.FailureNotReady, v1alpha1.FailureInfrastructure, v1alpha1.FailureBake,
}

// Releases counts how Releases end.
type Releases struct {
	ended     *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	rollbacks *prometheus.CounterVec
}

// NewReleases returns counters that stand at nought, registered.
func NewReleases(registry prometheus.Registerer) (*Releases, error) {
	r := &Releases{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bowline_releases_total",
			Help: "Releases that ended, by outcome (Healthy, Failed, Superseded) and the reason of a failure.",
		}, []string{"outcome", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "bowline_release_duration_seconds",
			Help:    "Time from the making of a Release to its end, by outcome and the reason of a failure.",
			Buckets: []float64{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600},
		}, []string{"outcome", "reason"}),
		rollbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bowline_rollbacks_total",
			Help: "Rollbacks to the last healthy Release, by the reason of the failure.",
		}, []string{"reason"}),
	}
	for _, collector := range []prometheus.Collector{r.ended, r.duration, r.rollbacks} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	// A rate begins at a series' second sample: what never happened must be told.
	for _, reason := range failures {
		r.neverYet(Failed, reason)
		r.rollbacks.WithLabelValues(reason)
	}
	r.neverYet(Healthy, "")
	r.neverYet(Superseded, "")
	return r, nil
}

func (r *Releases) neverYet(outcome Outcome, reason string) {
	r.ended.WithLabelValues(string(outcome), reason)
	r.duration.WithLabelValues(string(outcome), reason)
}

// Ended counts a Release that ended, after the time it took. A failure has a
// reason.
func (r *Releases) Ended(outcome Outcome, reason string, after time.Duration) {
	r.ended.WithLabelValues(string(outcome), reason).Inc()
	r.duration.WithLabelValues(string(outcome), reason).Observe(after.Seconds())
}

// RolledBack counts a rollback.
func (r *Releases) RolledBack(reason string) { r.rollbacks.WithLabelValues(reason).Inc() }
