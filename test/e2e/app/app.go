package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// app is what requests see.
type app struct {
	journal     *journal
	environment []string
	version     string

	ready    atomic.Bool
	draining atomic.Bool
	inFlight atomic.Int64
	finished atomic.Int64 // requests that were answered after SIGTERM
	requests atomic.Int64
	burned   atomic.Int64 // nanoseconds
}

func newApp(j *journal, environment []string, s switches) *app {
	a := &app{journal: j, environment: environment, version: variable(environment, "VERSION")}
	a.ready.Store(!s.unready)
	return a
}

const (
	// mostFile is how much of a file is shown.
	mostFile = 1 << 20
	// mostWait bounds what a request may ask for.
	mostWait = 30 * time.Second
)

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.whoAmI)
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /env", a.env)
	mux.HandleFunc("GET /file", a.file)
	mux.HandleFunc("GET /burn", a.burn)
	mux.HandleFunc("GET /slow", a.slow)
	mux.HandleFunc("GET /lookup", a.lookup)
	mux.HandleFunc("GET /metrics", a.metrics)
	return a.counted(mux)
}

// counted counts requests, and tells clients to use another connection once the
// application ends.
func (a *app) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		a.inFlight.Add(1)
		defer func() {
			a.inFlight.Add(-1)
			if a.draining.Load() {
				a.finished.Add(1)
			}
		}()
		if a.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// whoAmI tells which pod answers, and which version of the application runs there.
func (a *app) whoAmI(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]string{"pod": a.journal.pod, "version": a.version})
}

func (a *app) healthz(w http.ResponseWriter, _ *http.Request) {
	if !a.ready.Load() {
		http.Error(w, "not ready: a switch says so", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// env shows the variable that is asked for, else the names of all.
func (a *app) env(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	var names []string
	for _, entry := range a.environment {
		found, value, _ := strings.Cut(entry, "=")
		if found == name {
			_, _ = w.Write([]byte(value))
			return
		}
		names = append(names, found)
	}
	if name != "" {
		http.Error(w, "there is no variable "+name, http.StatusNotFound)
		return
	}
	writeJSON(w, names)
}

func (a *app) file(w http.ResponseWriter, r *http.Request) {
	content, err := os.ReadFile(r.FormValue("path")) //nolint:gosec // it shows any file of a container that has none of worth
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(content[:min(len(content), mostFile)]) //nolint:gosec // no browser asks
	}
}

// burn keeps a processor busy as long as is asked for.
func (a *app) burn(w http.ResponseWriter, r *http.Request) {
	if d, ok := asked(w, r); ok {
		burn(r.Context(), d)
		a.burned.Add(int64(d))
		_, _ = w.Write([]byte("burned\n"))
	}
}

// slow answers as late as is asked for.
func (a *app) slow(w http.ResponseWriter, r *http.Request) {
	d, ok := asked(w, r)
	if !ok {
		return
	}
	select {
	case <-time.After(d):
		_, _ = w.Write([]byte("done\n"))
	case <-r.Context().Done():
	}
}

// asked reads how long a request is to take; false when it has been refused.
func asked(w http.ResponseWriter, r *http.Request) (time.Duration, bool) {
	d, err := time.ParseDuration(r.FormValue("for"))
	if err != nil || d < 0 || d > mostWait {
		http.Error(w, "for: a duration from 0s to "+mostWait.String()+", such as 200ms", http.StatusBadRequest)
		return 0, false
	}
	return d, true
}

// lookup asks the cluster's DNS, as any program in the container would.
func (a *app) lookup(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), mostWait)
	defer cancel()
	addresses, err := resolver.LookupHost(ctx, r.FormValue("name"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	writeJSON(w, addresses)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
