package fence

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ErrNotLeading says that a request was not sent, because another operator may
// be acting by now.
var ErrNotLeading = errors.New("nothing is written any more")

// Fence knows when the lease was last renewed.
type Fence struct {
	limit time.Duration
	clock clock.PassiveClock

	mu      sync.Mutex
	renewed time.Time
}

// New returns a fence that lets writes pass for a limit after each renewal of
// the lease. The limit is the time after which the holder itself gives the lease
// up (its renew deadline).
func New(limit time.Duration, clock clock.PassiveClock) *Fence {
	return &Fence{limit: limit, clock: clock}
}

// Wrap returns a transport that sends by another one what the fence lets pass.
// Other requests fail with [ErrNotLeading]. The lease itself must be written
// through it, too: that is how the fence knows.
func (f *Fence) Wrap(next http.RoundTripper) http.RoundTripper {
	return transport{fence: f, next: next}
}

type transport struct {
	fence *Fence
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	switch {
	case isLease(request):
		return t.renew(request)
	case changesNothing(request):
		return t.next.RoundTrip(request)
	}
	if err := t.fence.check(); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // as a transport must
		}
		return nil, err
	}
	return t.next.RoundTrip(request)
}

// renew sends a write of the lease. What counts is when it was sent: nobody can
// have seen it earlier.
func (t transport) renew(request *http.Request) (*http.Response, error) {
	sent := t.fence.clock.Now()
	response, err := t.next.RoundTrip(request)
	if err == nil && response.StatusCode < http.StatusMultipleChoices {
		t.fence.mu.Lock()
		t.fence.renewed = sent
		t.fence.mu.Unlock()
	}
	return response, err
}

func (f *Fence) check() error {
	f.mu.Lock()
	renewed := f.renewed
	f.mu.Unlock()
	if renewed.IsZero() {
		return fmt.Errorf("%w: this operator does not hold the lease", ErrNotLeading)
	}
	if age := f.clock.Since(renewed); age > f.limit {
		return fmt.Errorf("%w: the lease was last renewed %s ago, more than %s, and another operator may hold it", ErrNotLeading, age.Round(time.Second), f.limit)
	}
	return nil
}

func isLease(request *http.Request) bool {
	return isWrite(request) && strings.HasPrefix(request.URL.Path, "/apis/coordination.k8s.io/")
}

// changesNothing tells of reads, of questions that are put by a POST, and of
// events, which tell of what was done already.
func changesNothing(request *http.Request) bool {
	if !isWrite(request) {
		return true
	}
	for _, group := range []string{"authentication.k8s.io", "authorization.k8s.io", "events.k8s.io"} {
		if strings.HasPrefix(request.URL.Path, "/apis/"+group+"/") {
			return true
		}
	}
	return strings.HasPrefix(request.URL.Path, "/api/v1/") && strings.HasSuffix(request.URL.Path, "/events")
}

func isWrite(request *http.Request) bool {
	switch request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}
