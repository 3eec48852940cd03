package controllers

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// restAfter is how long no App may be looked at before the operator gives memory
// back.
const restAfter = 5 * time.Second

// rest gives memory back to the system when nothing has happened for a while: what
// a storm of changes left behind would otherwise stay until the next one. While
// nothing happens it does nothing either.
type rest struct {
	clock clock.WithTicker
	free  func()
	// passes counts looks at Apps; seen is how many there were an interval ago, and
	// freed how many when memory was given back.
	passes      atomic.Int64
	seen, freed int64
}

func newRest() *rest { return &rest{clock: clock.RealClock{}, free: debug.FreeOSMemory} }

// interval is called after every interval.
func (r *rest) interval() {
	passes := r.passes.Load()
	if passes == r.seen && passes != r.freed {
		r.free()
		r.freed = passes
	}
	r.seen = passes
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: who only waits
// has filled caches too.
func (r *rest) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable.
func (r *rest) Start(ctx context.Context) error {
	ticker := r.clock.NewTicker(restAfter)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
			r.interval()
		}
	}
}
