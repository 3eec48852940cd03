package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

const (
	// requestTimeout is how long an answer may take.
	requestTimeout = 15 * time.Second
	connectTimeout = 10 * time.Second // three more tries, should packets be lost
	mostAnswer     = 1 << 16
)

// Run sends requests to target until ctx ends: workers of each sort, each with
// a pause between two requests. It returns when the last one is answered.
func Run(ctx context.Context, target string, workers int, pause time.Duration, c *Counter) {
	var running sync.WaitGroup
	for range workers {
		for _, kept := range []bool{false, true} {
			running.Go(func() { work(ctx, target, kept, pause, c) })
		}
	}
	running.Wait()
}

// work is one worker, with a connection of its own where that is kept.
func work(ctx context.Context, target string, kept bool, pause time.Duration, c *Counter) {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		DisableKeepAlives:   !kept,
		MaxIdleConnsPerHost: 1,
		DisableCompression:  true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: requestTimeout}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// Not ctx: what is under way at the end shall not count as failed.
			c.add(send(context.WithoutCancel(ctx), client, target, kept))
		}
	}
}

// send sends one request. A client may use another connection, once the server
// has closed the one that was kept, without anybody noticing; it is counted as
// retried.
func send(ctx context.Context, client *http.Client, target string, kept bool) outcome {
	o := outcome{kept: kept, began: time.Now()}
	connections := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections++ }})
	o.pod, o.err = ask(ctx, client, target)
	o.ended = time.Now()
	o.retried = connections > 1
	return o
}

func ask(ctx context.Context, client *http.Client, target string) (pod string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("answered %s: %.100s", response.Status, body)
	}
	var who struct {
		Pod string `json:"pod"`
	}
	if json.Unmarshal(body, &who) != nil {
		return "", nil // an address that does not tell
	}
	return who.Pod, nil
}
