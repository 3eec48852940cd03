package load

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Report is what a client has seen so far.
type Report struct {
	New  Tally `json:"new"`  // each request on a connection of its own
	Kept Tally `json:"kept"` // requests on connections that are kept
}

// Tally counts requests of one sort. Those that were sent before the first one was
// answered stand apart: the client may be there before the App.
type Tally struct {
	Before  int            `json:"before"`  // failed, and were sent before the first one was answered
	Sent    int            `json:"sent"`    // all others
	Failed  int            `json:"failed"`  // of these
	Retried int            `json:"retried"` // of these, those that needed another connection, and were answered there
	Pods    map[string]int `json:"pods"`    // how many each pod answered
	First   time.Time      `json:"first"`   // when the first one was answered
	Last    time.Time      `json:"last"`    // when the last one was answered
	Slowest time.Duration  `json:"slowest"` // that was answered

	Failures []Failure `json:"failures"` // the first ones
}

// Failure is a request that failed.
type Failure struct {
	Time  time.Time `json:"time"`
	Error string    `json:"error"`
}

// mostFailures is how many failures are told one by one.
const mostFailures = 50

// Failures are those of both sorts.
func (r Report) Failures() []Failure { return append(slices.Clone(r.New.Failures), r.Kept.Failures...) }

// Failed is how many requests of both sorts have failed.
func (r Report) Failed() int { return r.New.Failed + r.Kept.Failed }

// Sent is how many requests of both sorts were sent.
func (r Report) Sent() int { return r.New.Sent + r.Kept.Sent }

// Answered tells whether both sorts have had an answer.
func (r Report) Answered() bool { return !r.New.First.IsZero() && !r.Kept.First.IsZero() }

// Counter counts what several workers see.
type Counter struct {
	mu     sync.Mutex
	report Report
}

// NewCounter returns a counter that has seen nothing.
func NewCounter() *Counter {
	return &Counter{report: Report{New: Tally{Pods: map[string]int{}}, Kept: Tally{Pods: map[string]int{}}}}
}

// Report returns what has been counted.
func (c *Counter) Report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.report
	for _, t := range []*Tally{&r.New, &r.Kept} {
		t.Pods, t.Failures = maps.Clone(t.Pods), slices.Clone(t.Failures)
	}
	return r
}

// outcome is what became of one request.
type outcome struct {
	kept    bool
	pod     string // that answered
	err     error
	retried bool
	began   time.Time
	ended   time.Time
}

func (c *Counter) add(o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.report.New
	if o.kept {
		t = &c.report.Kept
	}
	switch {
	case o.err != nil && (t.First.IsZero() || o.began.Before(t.First)):
		t.Before++
		return
	case o.err != nil:
		t.Sent++
		t.Failed++
		if len(t.Failures) < mostFailures {
			t.Failures = append(t.Failures, Failure{Time: o.ended, Error: o.err.Error()})
		}
		return
	}
	t.Sent++
	t.Pods[o.pod]++
	if t.First.IsZero() {
		t.First = o.ended
	}
	t.Last = o.ended
	t.Slowest = max(t.Slowest, o.ended.Sub(o.began))
	if o.retried {
		t.Retried++
	}
}
