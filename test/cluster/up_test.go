package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSignalEndsTheCluster(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cluster := start(t, "--nodes=1")
			if err := cluster.process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cluster.wait(); err != nil {
				t.Errorf("exit code: %v", err)
			}
			wantNothingLeft(t, cluster.Record)
		})
	}
}

func TestSignalDuringTheStartLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	process := exec.Command(command, "up", "--dir="+dir)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "etcd has data", time.Minute, func() bool {
		_, err := os.Stat(filepath.Join(dir, "etcd", "member"))
		return err == nil
	})
	if err := process.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := process.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there (%v)", err)
	}
}

func TestADyingProgramEndsTheCluster(t *testing.T) {
	cluster := start(t, "--nodes=0")
	if err := syscall.Kill(cluster.PIDs["kube-scheduler"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cluster.wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	wantNothingLeft(t, cluster.Record)
}

func TestDetachedCluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	output, err := exec.Command(command, "up", "--detach", "--json", "--nodes=1", "--dir="+dir).Output()
	if err != nil {
		t.Fatalf("up --detach: %v", err)
	}
	t.Cleanup(func() { _ = exec.Command(command, "down", "--dir="+dir).Run() })
	cluster := decode(t, output)

	output, err = exec.Command(command, "status", "--dir="+dir).Output()
	if err != nil || !strings.Contains(string(output), "export KUBECONFIG="+cluster.Kubeconfig+"\n") {
		t.Errorf("status: %v\n%s", err, output)
	}
	output, err = exec.Command(command, "up", "--detach", "--dir="+dir).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "a cluster runs in "+dir) {
		t.Errorf("a second cluster in the same folder: %v\n%s", err, output)
	}
	if output, err := exec.Command(command, "down", "--dir="+dir).CombinedOutput(); err != nil {
		t.Fatalf("down: %v\n%s", err, output)
	}
	wantNothingLeft(t, cluster)
	eventually(t, "the supervisor has ended", 10*time.Second, func() bool { return !alive(cluster.Supervisor) })
	if err := exec.Command(command, "status", "--dir="+dir).Run(); err == nil {
		t.Error("status says that a cluster runs")
	}
}
