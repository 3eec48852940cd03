package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bowline-dev/bowline/test/harness"
)

// process is the running operator as the kernel and its metrics see it.
type process struct {
	*harness.Operator
	metrics string // the address of its metrics
}

// startOperator starts the operator. The context it returns is for what needs
// it to run.
func (b *bench) startOperator(ctx context.Context) (*process, context.Context, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, nil, err
	}
	operator, err := harness.StartOperator(ctx, harness.OperatorOptions{
		Kubeconfig: b.kubeconfig,
		Args:       []string{"--metrics-bind-address=" + address, "--metrics-secure=false"},
		Log:        b.log,
	})
	if err != nil {
		return nil, nil, err
	}
	alive, cancel := context.WithCancelCause(ctx)
	go func() {
		<-operator.Ended()
		cancel(fmt.Errorf("the operator ended: %w", errors.Join(operator.Err(), errors.New("see .bench/operator.log"))))
	}()
	return &process{Operator: operator, metrics: address}, alive, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

const (
	// quietTime is how long a process has to be quiet to count as idle, and
	// quietCPU how much CPU it may use in that time.
	quietTime = 3 * time.Second
	quietCPU  = 30 * time.Millisecond
	// quietPatience is how long to wait for that. A process that never is
	// quiet is measured all the same.
	quietPatience = time.Minute
)

// idle waits until the process has hardly anything to do, and returns the CPU
// time it has used.
func (p *process) idle(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	for {
		before, err := p.cpu()
		if err != nil {
			return 0, err
		}
		if err := pause(ctx, quietTime); err != nil {
			return 0, err
		}
		after, err := p.cpu()
		if err != nil {
			return 0, err
		}
		if after-before <= quietCPU {
			return after, nil
		}
		if time.Since(start) > quietPatience {
			progress("the operator still uses %s of CPU in %s", after-before, quietTime)
			return after, nil
		}
	}
}

func (p *process) cpu() (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0, err
	}
	return cpuTime(string(content))
}

// rss returns the resident memory of the process in KiB, the middle one of some
// samples.
func (p *process) rss(ctx context.Context) (int64, error) {
	var samples []int64
	for range 5 {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
		if err != nil {
			return 0, err
		}
		sample, err := residentKiB(string(content))
		if err != nil {
			return 0, err
		}
		samples = append(samples, sample)
		if err := pause(ctx, time.Second); err != nil {
			return 0, err
		}
	}
	slices.Sort(samples)
	return samples[len(samples)/2], nil
}

// scrape reads what the operator's metrics say of its work.
func (p *process) scrape(ctx context.Context) (work, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.metrics+"/metrics", nil)
	if err != nil {
		return work{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return work{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return work{}, err
	}
	return parseWork(string(body))
}

// tick is the unit of CPU times in /proc, the same on all Linux platforms that
// Go runs on.
const tick = 10 * time.Millisecond

// cpuTime reads from the content of /proc/PID/stat how much CPU time a process
// has used, in itself and in the kernel.
func cpuTime(stat string) (time.Duration, error) {
	// The second field is the program's name in brackets; it may contain
	// anything.
	_, rest := cutLast(stat, ")")
	fields := strings.Fields(rest)
	const user, system = 14 - 3, 15 - 3 // counted from the third field
	if len(fields) <= system {
		return 0, fmt.Errorf("read CPU time: %q has too few fields", stat)
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// cutLast cuts a text at the last place where a separator stands.
func cutLast(s, separator string) (before, after string) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):]
	}
	return s, ""
}

// residentKiB reads from the content of /proc/PID/status how much memory of a
// process is resident.
func residentKiB(status string) (int64, error) {
	for line := range strings.Lines(status) {
		value, found := strings.CutPrefix(line, "VmRSS:")
		if !found {
			continue
		}
		number, found := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if !found {
			break
		}
		return strconv.ParseInt(number, 10, 64)
	}
	return 0, errors.New("read resident memory: there is no line VmRSS in kB")
}

// load is the load of the machine in words.
func load() string {
	content, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(content))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}
