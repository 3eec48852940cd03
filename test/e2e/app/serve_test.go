package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// line is one of the journal.
type line map[string]any

// running is the application as a goroutine.
type running struct {
	*testing.T
	lines  <-chan line
	stop   context.CancelFunc // what SIGTERM does
	ended  <-chan int
	client *http.Client
	url    string
}

// start runs the application; it ends with the test at the latest.
func start(t *testing.T, environment ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	lines, ended := make(chan line, 100), make(chan int, 1)
	go func() {
		defer close(lines)
		read := bufio.NewScanner(in)
		for read.Scan() {
			said := line{}
			if err := json.Unmarshal(read.Bytes(), &said); err != nil {
				t.Errorf("a line that is no JSON: %s", read.Text())
			}
			lines <- said
		}
	}()
	go func() {
		code, err := serve(ctx, append([]string{"ADDRESS=127.0.0.1:0", "VERSION=2"}, environment...), newJournal(out, time.Now))
		if err != nil {
			t.Errorf("it failed: %v", err)
		}
		_ = out.Close()
		ended <- code
	}()
	t.Cleanup(cancel)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &running{T: t, lines: lines, stop: cancel, ended: ended, client: &http.Client{Transport: transport}}
}

// until waits for the line that tells of a decision.
func (r *running) until(decision string) line {
	r.Helper()
	for {
		select {
		case said, open := <-r.lines:
			if !open {
				r.Fatalf("it ended before it said %q", decision)
			}
			if said["decision"] == decision {
				return said
			}
		case <-time.After(30 * time.Second):
			r.Fatalf("it never said %q", decision)
		}
	}
}

func (r *running) serving() *running {
	r.Helper()
	address, _ := r.until("serving")["address"].(string)
	r.url = "http://" + address
	return r
}

func (r *running) get(path string) (int, string) {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.Fatal(err)
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (r *running) wants(path string, code int, body string) {
	r.Helper()
	if gotCode, got := r.get(path); gotCode != code || got != body {
		r.Errorf("%s: got %d and %q, want %d and %q", path, gotCode, got, code, body)
	}
}

func (r *running) exit() int {
	r.Helper()
	select {
	case code := <-r.ended:
		return code
	case <-time.After(30 * time.Second):
		r.Fatal("it does not end")
	}
	return -1
}

func TestServesWhatItSees(t *testing.T) {
	file := writeFile(t, "greeting: hello")
	r := start(t, "COLOR=blue", "EMPTY=").serving()
	r.wants("/healthz", 200, "ok\n")
	r.wants("/env?name=COLOR", 200, "blue")
	r.wants("/env?name=EMPTY", 200, "")
	r.wants("/env?name=NONE", 404, "there is no variable NONE\n")
	r.wants("/env", 200, `["ADDRESS","VERSION","COLOR","EMPTY"]`+"\n")
	r.wants("/file?path="+file, 200, "greeting: hello")
	r.wants("/file?path=/nowhere", 404, "open /nowhere: no such file or directory\n")
	r.wants("/burn?for=1ms", 200, "burned\n")
	r.wants("/slow?for=1ms", 200, "done\n")
	r.wants("/slow?for=31s", 400, "for: a duration from 0s to 30s, such as 200ms\n")
	r.wants("/burn", 400, "for: a duration from 0s to 30s, such as 200ms\n")
	if code, body := r.get("/lookup?name=localhost"); code != 200 || !strings.Contains(body, `"127.0.0.1"`) {
		t.Errorf("/lookup: got %d and %s", code, body)
	}
	if code, body := r.get("/"); code != 200 || !strings.Contains(body, `"version":"2"`) {
		t.Errorf("/: got %d and %s", code, body)
	}
	_, metrics := r.get("/metrics")
	for _, want := range []string{"app_requests_total 14\n", "app_requests_in_flight 1\n", "app_burned_seconds_total 0.001\n", "app_ready 1\n", "# TYPE app_ready gauge\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics: %q is missing in\n%s", want, metrics)
		}
	}
}

func TestCrashes(t *testing.T) {
	for name, environment := range map[string][]string{
		"at start":       {"SWITCH_CRASH_AT_START=true", "SWITCH_EXIT_CODE=3"},
		"after 50ms":     {"SWITCH_CRASH_AFTER=50ms", "SWITCH_EXIT_CODE=3"},
		"after 50.001ms": {"SWITCH_CRASH_AFTER=50001us", "SWITCH_SLOW_START=1m", "SWITCH_EXIT_CODE=3"},
	} {
		r := start(t, environment...)
		said := r.until("crashing")
		if said["when"] != name || said["exitCode"] != 3.0 {
			t.Errorf("%s: it said %v", name, said)
		}
		if code := r.exit(); code != 3 {
			t.Errorf("%s: exit code %d, want 3", name, code)
		}
	}
}

func TestReadinessFails(t *testing.T) {
	start(t, "SWITCH_UNREADY=true").serving().wants("/healthz", 503, "not ready: a switch says so\n")
	r := start(t, "SWITCH_UNREADY_AFTER=50ms").serving()
	r.until("ready no more")
	r.wants("/healthz", 503, "not ready: a switch says so\n")
}

func TestStartsSlowlyAndTakesWhatItIsTold(t *testing.T) {
	r := start(t, "SWITCH_SLOW_START=50ms", "SWITCH_ALLOCATE=8", "SWITCH_BURN=20ms")
	for _, decision := range []string{"started", "allocating", "burning", "starting slowly"} {
		r.until(decision)
	}
	r.serving().wants("/healthz", 200, "ok\n")
	slow := start(t, "SWITCH_SLOW_START=1m")
	slow.until("starting slowly")
	slow.stop()
	if code := slow.exit(); code != 0 {
		t.Errorf("exit code %d of one that was stopped before it served, want 0", code)
	}
}

// What is under way is finished, what is kept alive is answered once more, and
// nobody new gets in.
func TestEndsGracefully(t *testing.T) {
	r := start(t, "SWITCH_DRAIN=500ms").serving()
	kept := &running{T: t, url: r.url, client: &http.Client{Transport: &http.Transport{}}}
	kept.wants("/healthz", 200, "ok\n")
	slow := make(chan string, 1)
	go func() {
		_, body := r.get("/slow?for=1s")
		slow <- body
	}()
	for underWay := false; !underWay; {
		_, metrics := kept.get("/metrics")
		underWay = strings.Contains(metrics, "app_requests_in_flight 2\n")
	}
	r.stop()
	if said := r.until("ending"); said["inFlight"] != 1.0 || said["drain"] != "500ms" {
		t.Errorf("it said %v", said)
	}
	var dialer net.Dialer
	refused := func() bool {
		connection, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			_ = connection.Close()
		}
		return err != nil && strings.HasSuffix(err.Error(), "connection refused")
	}
	for !refused() {
		if t.Context().Err() != nil {
			t.Fatal("new connections are accepted")
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := kept.client.Do(request)
	if err != nil {
		t.Fatalf("a connection that is kept: %v", err)
	}
	_ = response.Body.Close()
	if !response.Close || response.StatusCode != http.StatusOK {
		t.Errorf("a connection that is kept: status %d, close %t", response.StatusCode, response.Close)
	}
	if body := <-slow; body != "done\n" {
		t.Errorf("what was under way got %q", body)
	}
	if said := r.until("ended"); said["finished"] != 2.0 {
		t.Errorf("it said %v", said)
	}
	if code := r.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestSaysWhatItDecides(t *testing.T) {
	r := start(t, "SWITCH_DRAIN=0s")
	var said []any
	said = append(said, r.until("started")["version"], r.until("serving")["ready"])
	r.stop()
	said = append(said, r.until("ending")["inFlight"], r.until("ended")["finished"])
	if want := []any{"2", true, 0.0, 0.0}; !slices.Equal(said, want) {
		t.Errorf("it said %v, want %v", said, want)
	}
}
