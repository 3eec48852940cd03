package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCPUTime(t *testing.T) {
	cases := map[string]struct {
		stat    string
		want    time.Duration
		wantErr string
	}{
		"an ordinary process": {
			stat: "4711 (bowline) S 1 4711 4711 0 -1 4194560 5000 0 3 0 123 45 7 8 20 0 10 0 100 1300000 9000",
			want: 1680 * time.Millisecond,
		},
		"a name with blanks and brackets": {
			stat: "4711 (a) b (c) R 1 4711 4711 0 -1 4194560 5000 0 3 0 4 5 7 8 20 0 10 0 100 1300000 9000",
			want: 90 * time.Millisecond,
		},
		"nothing":        {stat: "", wantErr: `read CPU time: "" has too few fields`},
		"not the format": {stat: "1 (a) S 1 2 3 4 5 6 7 8 9 10 x 12 13", wantErr: `read CPU time: strconv.ParseInt: parsing "x": invalid syntax`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := cpuTime(c.stat)
			if got != c.want || text(err) != c.wantErr {
				t.Errorf("got %s, %v; want %s, %q", got, err, c.want, c.wantErr)
			}
		})
	}
}

func TestResidentKiB(t *testing.T) {
	const noLine = "read resident memory: there is no line VmRSS in kB"
	cases := map[string]struct {
		status  string
		want    int64
		wantErr string
	}{
		"an ordinary process": {status: "Name:\tbowline\nVmHWM:\t   60000 kB\nVmRSS:\t   51234 kB\nRssAnon:\t   30000 kB\n", want: 51234},
		"a kernel thread":     {status: "Name:\tkworker\nThreads:\t1\n", wantErr: noLine},
		"another unit":        {status: "VmRSS:\t 51 MB\n", wantErr: noLine},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := residentKiB(c.status)
			if got != c.want || text(err) != c.wantErr {
				t.Errorf("got %d, %v; want %d, %q", got, err, c.want, c.wantErr)
			}
		})
	}
}

func TestParseWork(t *testing.T) {
	const metrics = `# HELP controller_runtime_reconcile_total Total number of reconciliations per controller
# TYPE controller_runtime_reconcile_total counter
controller_runtime_reconcile_total{controller="app",result="error"} 1
controller_runtime_reconcile_total{controller="app",result="requeue_after"} 20
controller_runtime_reconcile_total{controller="app",result="success"} 1.2e+03
controller_runtime_reconcile_total{controller="other",result="success"} 7
controller_runtime_active_workers{controller="app"} 2
workqueue_depth{controller="app",name="app",priority="0"} 3
workqueue_depth{controller="app",name="app",priority="-100"} 4
workqueue_adds_total{controller="app",name="app"} 99
`
	got, err := parseWork(metrics)
	if diff := cmp.Diff(work{reconciles: 1221, waiting: 7, working: 2}, got, cmp.AllowUnexported(work{})); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
	_, err = parseWork("go_goroutines 12\n")
	if want := "the operator has no metrics of its work on Apps"; text(err) != want {
		t.Errorf("without metrics: got error %v, want %q", err, want)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
