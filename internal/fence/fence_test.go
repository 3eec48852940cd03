package fence_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/bowline-dev/bowline/internal/fence"
)

const (
	lease  = "/apis/coordination.k8s.io/v1/namespaces/bowline-system/leases/bowline.dev"
	status = "/apis/bowline.dev/v1alpha1/namespaces/shop/apps/shop/status"
)

// server answers every request, and remembers those that change something.
type server struct {
	answer int
	takes  func()
	got    []string
}

func (s *server) RoundTrip(request *http.Request) (*http.Response, error) {
	s.got = append(s.got, request.Method+" "+request.URL.Path)
	if s.takes != nil {
		s.takes()
	}
	return &http.Response{StatusCode: s.answer, Body: http.NoBody}, nil
}

func send(t *testing.T, through http.RoundTripper, method, path string) error {
	t.Helper()
	response, err := through.RoundTrip(&http.Request{Method: method, URL: &url.URL{Scheme: "https", Host: "api", Path: path}})
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

func setUp(answer int) (*server, *clocktesting.FakePassiveClock, http.RoundTripper) {
	s, c := &server{answer: answer}, clocktesting.NewFakePassiveClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	return s, c, fence.New(10*time.Second, c).Wrap(s)
}

func wantRefused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, fence.ErrNotLeading) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNothingIsWrittenBeforeTheLeaseIsHeld(t *testing.T) {
	s, _, through := setUp(http.StatusConflict)
	_ = send(t, through, http.MethodPut, lease) // somebody else was faster
	wantRefused(t, send(t, through, http.MethodPatch, status), "nothing is written any more: this operator does not hold the lease")
	if len(s.got) != 1 {
		t.Errorf("sent: %v", s.got)
	}
}

func TestWritesPassWhileTheLeaseIsRenewed(t *testing.T) {
	s, c, through := setUp(http.StatusOK)
	for range 3 {
		if err := send(t, through, http.MethodPut, lease); err != nil {
			t.Fatal(err)
		}
		c.SetTime(c.Now().Add(10 * time.Second))
		if err := send(t, through, http.MethodPatch, status); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.got) != 6 {
		t.Errorf("sent: %v", s.got)
	}
}

// TestAPausedOperatorWritesNothing: its clock goes on while it stands still.
func TestAPausedOperatorWritesNothing(t *testing.T) {
	s, c, through := setUp(http.StatusCreated)
	if err := send(t, through, http.MethodPost, "/apis/coordination.k8s.io/v1/namespaces/bowline-system/leases"); err != nil {
		t.Fatal(err)
	}
	c.SetTime(c.Now().Add(31 * time.Second))
	const want = "nothing is written any more: the lease was last renewed 31s ago, more than 10s, and another operator may hold it"
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		wantRefused(t, send(t, through, method, status), want)
	}
	if len(s.got) != 1 {
		t.Errorf("sent: %v", s.got)
	}
}

// TestTheLimitCountsFromTheSending: others may have seen the renewal long
// before its answer came.
func TestTheLimitCountsFromTheSending(t *testing.T) {
	s, c, through := setUp(http.StatusOK)
	s.takes = func() { c.SetTime(c.Now().Add(8 * time.Second)) }
	if err := send(t, through, http.MethodPut, lease); err != nil {
		t.Fatal(err)
	}
	s.takes = nil
	c.SetTime(c.Now().Add(3 * time.Second))
	wantRefused(t, send(t, through, http.MethodPatch, status), "nothing is written any more: the lease was last renewed 11s ago, more than 10s, and another operator may hold it")
}

// TestQuestionsAndEventsPass: an operator that does not act reads, serves its
// metrics, and says that it lost the lease.
func TestQuestionsAndEventsPass(t *testing.T) {
	s, _, through := setUp(http.StatusOK)
	for path, method := range map[string]string{
		"/apis/bowline.dev/v1alpha1/apps":                       http.MethodGet,
		"/apis/authentication.k8s.io/v1/tokenreviews":           http.MethodPost,
		"/apis/authorization.k8s.io/v1/subjectaccessreviews":    http.MethodPost,
		"/apis/events.k8s.io/v1/namespaces/shop/events":         http.MethodPost,
		"/apis/events.k8s.io/v1/namespaces/shop/events/shop.17": http.MethodPatch,
		"/api/v1/namespaces/bowline-system/events":              http.MethodPost,
	} {
		if err := send(t, through, method, path); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
	if len(s.got) != 6 {
		t.Errorf("sent: %v", s.got)
	}
	wantRefused(t, send(t, through, http.MethodPost, "/api/v1/namespaces/shop/configmaps"), "nothing is written any more: this operator does not hold the lease")
}
