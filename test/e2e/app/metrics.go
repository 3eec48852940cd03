package main

import (
	"fmt"
	"net/http"
	"time"
)

// metrics shows what the application knows of itself, as Prometheus reads it.
func (a *app) metrics(w http.ResponseWriter, _ *http.Request) {
	ready := 0
	if a.ready.Load() {
		ready = 1
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, m := range []struct {
		name, kind, help string
		value            any
	}{
		{"app_requests_total", "counter", "Requests received.", a.requests.Load()},
		{"app_requests_in_flight", "gauge", "Requests being answered.", a.inFlight.Load()},
		{"app_burned_seconds_total", "counter", "Seconds for which /burn kept a processor busy.", time.Duration(a.burned.Load()).Seconds()},
		{"app_ready", "gauge", "Whether the application says it is ready.", ready},
	} {
		_, _ = fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", m.name, m.help, m.name, m.kind, m.name, m.value)
	}
}
