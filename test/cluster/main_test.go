package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
)

// command is this module's command, built once for all tests.
var command string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bowline-cluster-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "cluster")
	for _, args := range [][]string{{"go", "build", "-o", command, "."}, {command, "build"}} {
		step := exec.Command(args[0], args[1:]...)
		step.Stdout, step.Stderr = os.Stderr, os.Stderr
		if err := step.Run(); err != nil {
			fmt.Fprintln(os.Stderr, strings.Join(args, " ")+":", err)
			return 1
		}
	}
	return m.Run()
}

// running is a cluster in the foreground of a process of its own.
type running struct {
	controlplane.Record
	process *exec.Cmd
	stdin   io.Closer
	ended   chan struct{}
	err     error
}

// wait returns how the process ended.
func (r *running) wait() error {
	<-r.ended
	return r.err
}

// start runs `up` and returns when it says that the cluster is ready.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	args := append([]string{"up", "--json", "--until-stdin-closes"}, flags...)
	process := exec.Command(command, args...)
	var complaints bytes.Buffer
	process.Stderr = &complaints
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	cluster := &running{process: process, stdin: stdin, ended: make(chan struct{})}
	line, readErr := bufio.NewReader(stdout).ReadBytes('\n')
	go func() {
		cluster.err = process.Wait()
		close(cluster.ended)
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cluster.wait()
	})
	if readErr != nil {
		_ = cluster.wait()
		t.Fatalf("the cluster did not start: %s", complaints.String())
	}
	cluster.Record = decode(t, line)
	return cluster
}

// kubectl runs kubectl as the cluster's administrator and returns its output.
func kubectl(t *testing.T, cluster controlplane.Record, stdin string, args ...string) string {
	t.Helper()
	process := kubectlCommand(t.Context(), cluster, args...)
	process.Stdin = strings.NewReader(stdin)
	output, err := process.CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

func kubectlCommand(ctx context.Context, cluster controlplane.Record, args ...string) *exec.Cmd {
	args = append([]string{"--kubeconfig=" + cluster.Kubeconfig, "--cache-dir=" + filepath.Join(cluster.Dir, "kubectl")}, args...)
	return exec.CommandContext(ctx, filepath.Join(cluster.Assets, "kubectl"), args...)
}

// eventually fails the test unless the condition becomes true in time.
func eventually(t *testing.T, what string, limit time.Duration, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline.C:
			t.Fatalf("%s: not after %s", what, limit)
		}
	}
}

// alive says whether a process runs; one that ended and that nobody has waited
// for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// wantNothingLeft asserts that no process of the cluster runs and that its
// folder is gone.
func wantNothingLeft(t *testing.T, cluster controlplane.Record) {
	t.Helper()
	wantNoProcess(t, cluster)
	if _, err := os.Stat(cluster.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder %s is still there (%v)", cluster.Dir, err)
	}
}

func wantNoProcess(t *testing.T, cluster controlplane.Record) {
	t.Helper()
	if len(cluster.PIDs) != 5 {
		t.Errorf("the cluster has the processes %v, want 5", cluster.PIDs)
	}
	for name, pid := range cluster.PIDs {
		if alive(pid) {
			t.Errorf("%s (%d) still runs", name, pid)
		}
	}
}

func decode(t *testing.T, line []byte) controlplane.Record {
	t.Helper()
	var record controlplane.Record
	if err := json.Unmarshal(line, &record); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return record
}
