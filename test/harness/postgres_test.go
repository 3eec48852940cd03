package harness

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestPostgresLeavesNothing(t *testing.T) {
	p, err := StartPostgres(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	pid, err := os.ReadFile(filepath.Join(p.dir, "data", "postmaster.pid"))
	if err != nil {
		t.Error(err)
	}
	if err := p.Run(t.Context(), "CREATE TABLE t (); DROP TABLE t;"); err != nil {
		t.Error(err)
	}
	err = p.Run(t.Context(), "SELECT 'secret' FROM nowhere")
	if want := "run statements in PostgreSQL: exit status 3: ERROR:  42P01\n"; err == nil || err.Error() != want {
		t.Errorf("a wrong statement: got %v, want %s", err, want)
	}
	log, err := os.ReadFile(p.Log)
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(log), `relation "nowhere" does not exist`) || strings.Contains(string(log), "secret") {
		t.Errorf("got the log %q, want it to tell what went wrong, but not the statement", log)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{p.dir, filepath.Join("/proc", strings.Fields(string(pid))[0])} {
		if _, err := os.Stat(gone); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", gone, err)
		}
	}
}

func TestPostgresThatCannotStartSaysWhy(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	p, err := findPostgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, p.Port, _ = net.SplitHostPort(listener.Addr().String())
	var log bytes.Buffer
	err = p.start(t.Context(), &log)
	if want := "it ended before it was ready"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := `could not bind IPv4 address "127.0.0.1": Address already in use`; !strings.Contains(log.String(), want) {
		t.Errorf("got the log %q, want it to tell %s", &log, want)
	}
	dir := regexp.MustCompile(`creating directory (\S+)/data`).FindStringSubmatch(log.String())
	if dir == nil {
		t.Fatalf("got the log %q, want it to tell the folder", &log)
	}
	if _, err := os.Stat(dir[1]); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir[1], err)
	}
}
