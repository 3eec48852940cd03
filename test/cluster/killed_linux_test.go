package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The kernel ends the programs when the supervisor had no chance to; `down`
// removes the folder it left.
func TestKilledSupervisorTakesItsProgramsAlong(t *testing.T) {
	cluster := start(t, "--nodes=0", "--dir="+filepath.Join(t.TempDir(), "cluster"))
	if err := cluster.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cluster.wait()
	eventually(t, "every program has ended", 10*time.Second, func() bool {
		for _, pid := range cluster.PIDs {
			if alive(pid) {
				return false
			}
		}
		return true
	})
	if output, err := exec.Command(command, "down", "--dir="+cluster.Dir).CombinedOutput(); err != nil {
		t.Fatalf("down: %v\n%s", err, output)
	}
	wantNothingLeft(t, cluster.Record)
}
