package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

var good = figures{
	RawSeconds: 12.5, Seconds: 14, Ratio: 1.12,
	WritesPerApp: 9, ReadsPerApp: 0, EventsPerApp: 2,
	CPUMsPerApp: 8.25, RSSKiBPerApp: 20, RollbackSeconds: 11.5,
}

func TestTable(t *testing.T) {
	missed := good
	missed.Ratio, missed.WritesPerApp, missed.IdleRequests60s = 1.3, 12.005, 3
	want := `                                       measured  budget  met?
plain objects to available, s          12.50     -       -
Apps to Available, s                   14        -       -
ratio of the two                       1.30      1.2     no
writes per App, create to settled      12.01     12      no
reads per App                          0         0       yes
events per App                         2         -       -
requests in 60 s, idle                 3         0       NO, a promise
writes after a restart                 0         0       yes
reads after a restart, besides caches  0         0       yes
CPU per App, ms                        8.25      10      yes
resident memory per App at rest, KiB   20        25      yes
failing pod to rollback, s             11.50     12      yes
`
	if diff := cmp.Diff(want, formatTable(table(missed, shape{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBroken(t *testing.T) {
	cases := map[string]struct {
		spoil func(*figures)
		want  string
	}{
		"all is well":         {spoil: func(*figures) {}},
		"a budget is missed":  {spoil: func(f *figures) { f.CPUMsPerApp, f.RestartReads = 60, 1 }},
		"reads":               {spoil: func(f *figures) { f.ReadsPerApp = 0.005 }, want: "promises are broken: reads per App: 0.01, not 0"},
		"idle requests":       {spoil: func(f *figures) { f.IdleRequests60s = 1 }, want: "promises are broken: requests in 60 s, idle: 1, not 0"},
		"writes at a restart": {spoil: func(f *figures) { f.RestartWrites = 200 }, want: "promises are broken: writes after a restart: 200, not 0"},
		"two at a time": {
			spoil: func(f *figures) { f.ReadsPerApp, f.RestartWrites = 1, 2 },
			want:  "promises are broken: reads per App: 1, not 0; writes after a restart: 2, not 0",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := good
			c.spoil(&f)
			if got := text(broken(table(f, shape{}))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAppsWithSecretsReadThem(t *testing.T) {
	read := good
	read.WritesPerApp, read.ReadsPerApp = 17, 6
	for secrets, met := range map[int]bool{4: false, 5: true} {
		if err := broken(table(read, shape{keys: 20, secrets: secrets})); (err == nil) != met {
			t.Errorf("with %d Secrets: %v", secrets, err)
		}
	}
}
