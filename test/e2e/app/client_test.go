package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bowline-dev/bowline/test/e2e/load"
)

func TestClientReports(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]string{"pod": "shop-1"}) }))
	t.Cleanup(shop.Close)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String() // free, once it is closed
	_ = listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- runClient(ctx, []string{"--target=" + shop.URL, "--listen=" + address, "--pause=1ms"}, newJournal(io.Discard, time.Now))
	}()
	var report load.Report
	for !report.Answered() {
		if ctx.Err() != nil {
			t.Fatal("nothing was answered within a minute")
		}
		report = reportOf(ctx, t, "http://"+address+"/report")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if report.Failed() != 0 || report.New.Pods["shop-1"] == 0 {
		t.Errorf("it reports %+v", report)
	}
}

// reportOf returns nothing until the client listens.
func reportOf(ctx context.Context, t *testing.T, url string) load.Report {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return load.Report{}
	}
	defer response.Body.Close()
	var report load.Report
	if err := json.NewDecoder(response.Body).Decode(&report); err != nil {
		t.Fatal(err)
	}
	return report
}
