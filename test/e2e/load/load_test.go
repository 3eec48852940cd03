package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// runUntil runs a client until what it reports is enough.
func runUntil(t *testing.T, target string, enough func(Report) bool) Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := NewCounter()
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			<-ticker.C
			if enough(c.Report()) {
				cancel()
			}
		}
	}()
	Run(ctx, target, 2, time.Millisecond, c)
	report := c.Report()
	if !enough(report) {
		t.Fatalf("not enough within a minute: %+v", report)
	}
	return report
}

func serveOn(t *testing.T, handler http.HandlerFunc, opened *atomic.Int64) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// sorts count the requests on new connections, which are closed after them, and
// on kept ones apart: nobody knows which of them come first.
type sorts struct{ fresh, kept atomic.Int64 }

func (s *sorts) of(r *http.Request) *atomic.Int64 {
	if r.Close {
		return &s.fresh
	}
	return &s.kept
}

func TestConnectionsAreKeptOrNew(t *testing.T) {
	var opened atomic.Int64
	server := serveOn(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"pod":"shop-1"}`) }, &opened)
	report := runUntil(t, server.URL, func(r Report) bool { return r.New.Sent >= 20 && r.Kept.Sent >= 20 })
	if report.Failed() != 0 || report.New.Before+report.Kept.Before != 0 || report.New.Retried+report.Kept.Retried != 0 {
		t.Errorf("nothing failed, but it reports %+v", report)
	}
	if want := int64(report.New.Sent) + 2; opened.Load() != want {
		t.Errorf("%d connections, want %d: one for each of %d requests, and 2 that are kept", opened.Load(), want, report.New.Sent)
	}
	if report.New.Pods["shop-1"] != report.New.Sent || report.Kept.Pods["shop-1"] != report.Kept.Sent {
		t.Errorf("all were answered by shop-1, but it reports %v and %v", report.New.Pods, report.Kept.Pods)
	}
}

func TestFailuresCountOnlyAfterTheFirstAnswer(t *testing.T) {
	var opened atomic.Int64
	var asked sorts
	server := serveOn(t, func(w http.ResponseWriter, r *http.Request) {
		if n := asked.of(r).Add(1); n <= 5 || n > 15 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
		}
	}, &opened)
	report := runUntil(t, server.URL, func(r Report) bool { return r.New.Failed >= 60 && r.Kept.Failed >= 60 })
	if report.New.Before < 1 || report.Kept.Before < 1 {
		t.Errorf("%d and %d failed before the first answer, want some", report.New.Before, report.Kept.Before)
	}
	if got := report.Sent() - report.Failed(); got != 20 {
		t.Errorf("%d answered, want 20", got)
	}
	if got := len(report.New.Failures); got != 50 {
		t.Errorf("%d failures told, want the first 50", got)
	}
	if got := report.Failures()[0].Error; got != "answered 503 Service Unavailable: not now\n" {
		t.Errorf("got %q", got)
	}
}

func TestAServerThatHangsUpIsSeen(t *testing.T) {
	var opened atomic.Int64
	var asked sorts
	server := serveOn(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.of(r).Add(1) <= 2 {
			return
		}
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	}, &opened)
	report := runUntil(t, server.URL, func(r Report) bool { return r.Failed() > 0 && r.Answered() })
	if got := report.Failures()[0].Error; !strings.HasSuffix(got, "EOF") {
		t.Errorf("got %q, want EOF", got)
	}
}

func TestACounterKeepsWhatItHasHandedOut(t *testing.T) {
	c := NewCounter()
	at := time.Unix(100, 0)
	c.add(outcome{pod: "a", began: at, ended: at.Add(time.Second)})
	before := c.Report()
	c.add(outcome{pod: "a", began: at, ended: at.Add(3 * time.Second), retried: true})
	if before.New.Pods["a"] != 1 {
		t.Errorf("what was handed out has changed: %+v", before)
	}
	got := c.Report().New
	if got.Sent != 2 || got.Retried != 1 || got.Slowest != 3*time.Second || !got.First.Equal(at.Add(time.Second)) || !got.Last.Equal(at.Add(3*time.Second)) {
		t.Errorf("got %+v", got)
	}
}

// A connection may have been under way when there was nothing that could answer.
func TestARequestOfBeforeTheFirstAnswerCountsAsSuch(t *testing.T) {
	c := NewCounter()
	at := time.Unix(100, 0)
	c.add(outcome{began: at.Add(time.Second), ended: at.Add(2 * time.Second)})
	c.add(outcome{began: at, ended: at.Add(3 * time.Second), err: context.DeadlineExceeded})
	c.add(outcome{began: at.Add(2 * time.Second), ended: at.Add(3 * time.Second), err: context.DeadlineExceeded})
	if got := c.Report().New; got.Before != 1 || got.Sent != 2 || got.Failed != 1 {
		t.Errorf("got %d before, %d sent and %d failed, want 1, 2 and 1", got.Before, got.Sent, got.Failed)
	}
}
