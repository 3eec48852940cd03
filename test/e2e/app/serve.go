package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	defaultAddress = ":8080"
	headerTimeout  = 10 * time.Second
	// finishTimeout is how long requests may take that are under way when the
	// application ends.
	finishTimeout = 25 * time.Second
)

// serve runs the application until ctx ends or a switch ends it. It returns the
// exit code.
func serve(ctx context.Context, environment []string, j *journal) (int, error) {
	s, err := readSwitches(environment)
	if err != nil {
		return exitUsage, err
	}
	j.say("started", "version", variable(environment, "VERSION"))
	if s.crashAtStart {
		return crash(j, s, "at start"), nil
	}
	if s.allocate > 0 {
		j.say("allocating", "megabytes", s.allocate)
		defer keep(allocate(s.allocate))
	}
	crashed := after(s.crashAfter)
	unready := after(s.unreadyAfter)
	if s.burn > 0 {
		j.say("burning", "for", s.burn.String())
		go burn(ctx, s.burn)
	}
	if s.slowStart > 0 {
		j.say("starting slowly", "for", s.slowStart.String())
		select {
		case <-time.After(s.slowStart):
		case <-crashed:
			return crash(j, s, "after "+s.crashAfter.String()), nil
		case <-ctx.Done():
			j.say("ended", "finished", 0)
			return 0, nil
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(variable(environment, "ADDRESS"), defaultAddress))
	if err != nil {
		return 1, err
	}
	a := newApp(j, environment, s)
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: headerTimeout}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	j.say("serving", "address", listener.Addr().String(), "ready", a.ready.Load())
	for {
		select {
		case <-unready:
			unready = nil
			a.ready.Store(false)
			j.say("ready no more", "after", s.unreadyAfter.String())
		case <-crashed:
			return crash(j, s, "after "+s.crashAfter.String()), nil
		case err := <-served:
			return 1, fmt.Errorf("serve: %w", err)
		case <-ctx.Done():
			return 0, a.shutDown(context.WithoutCancel(ctx), server, listener, s.drain)
		}
	}
}

// shutDown ends as a well behaved server does. No new connection is accepted.
// Connections that are kept alive are answered once more, with the word that
// they close, because a client may be sending on them just now; then what is
// under way is finished.
func (a *app) shutDown(ctx context.Context, server *http.Server, listener net.Listener, drain time.Duration) error {
	under := a.inFlight.Load()
	a.draining.Store(true)
	a.journal.say("ending", "inFlight", under, "drain", drain.String())
	if err := listener.Close(); err != nil {
		return fmt.Errorf("close the listener: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, drain+finishTimeout)
	defer cancel()
	<-after(max(drain, time.Nanosecond))
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		a.journal.say("ended", "unfinished", a.inFlight.Load())
		return fmt.Errorf("finish requests under way: %w", err)
	}
	a.journal.say("ended", "finished", a.finished.Load())
	return nil
}

// crash tells of a crash, also as the last line of the log, which Kubernetes
// keeps as the reason of the end.
func crash(j *journal, s switches, when string) int {
	j.say("crashing", "when", when, "exitCode", s.exitCode)
	return s.exitCode
}

// after returns a channel that gets a value after d, never when that is zero.
func after(d time.Duration) <-chan time.Time {
	if d == 0 {
		return nil
	}
	return time.After(d)
}

// variable returns the value of a variable of an environment.
func variable(environment []string, name string) string {
	value := ""
	for _, entry := range environment {
		if found, ok := strings.CutPrefix(entry, name+"="); ok {
			value = found
		}
	}
	return value
}
