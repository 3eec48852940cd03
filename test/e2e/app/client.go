package main

import (
	"context"
	"flag"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/bowline-dev/bowline/test/e2e/load"
)

// runClient sends requests until ctx ends, and serves what it has counted.
func runClient(ctx context.Context, args []string, j *journal) error {
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	target := flags.String("target", "", "address to ask, such as http://shop:8080/")
	address := flags.String("listen", ":8080", "address that serves /report and /healthz")
	workers := flags.Int("workers", 2, "how many send at a time, of each sort")
	pause := flags.Duration("pause", 50*time.Millisecond, "time between two requests of one worker")
	if err := flags.Parse(args); err != nil {
		return err
	}
	j.say("sending", "target", *target, "workers", *workers, "pause", pause.String())
	counter := load.NewCounter()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, counter.Report()) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}
	go func() { _ = server.Serve(listener) }()
	load.Run(ctx, strings.TrimSpace(*target), *workers, *pause, counter)
	j.say("ended", "report", counter.Report())
	return server.Close()
}
