package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
)

// detach starts `up` again in a session of its own and returns when that says
// that its cluster is ready.
func detach(ctx context.Context, f upFlags) error {
	if f.options.Dir == "" {
		f.options.Dir = detachedDir()
	}
	dir, err := filepath.Abs(f.options.Dir)
	if err != nil {
		return err
	}
	// Not a pipe: the supervisor outlives this process, and a write to a pipe
	// without a reader would end it.
	complaints, err := os.CreateTemp("", "bowline-cluster-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(complaints.Name())
	defer complaints.Close()

	supervisor, announcement, err := startSupervisor(f, dir, complaints)
	if err != nil {
		return fmt.Errorf("start the cluster in the background: %w", err)
	}
	stopWatching := context.AfterFunc(ctx, func() { _ = supervisor.Process.Signal(syscall.SIGTERM) })
	defer stopWatching()

	line, err := bufio.NewReader(announcement).ReadBytes('\n')
	if err != nil { // it ended, and said why on its standard error
		_ = supervisor.Wait()
		reason, _ := os.ReadFile(complaints.Name())
		return errors.New(strings.TrimPrefix(strings.TrimSpace(string(reason)), "cluster: "))
	}
	if f.json {
		_, err = os.Stdout.Write(line)
		return err
	}
	var record controlplane.Record
	if err := json.Unmarshal(line, &record); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "the cluster runs in the background; `down --dir %s` ends it\n", dir)
	return announce(os.Stdout, record, false)
}

func startSupervisor(f upFlags, dir string, complaints *os.File) (*exec.Cmd, io.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	supervisor := exec.Command(self, "up", "--json", "--session",
		"--dir="+dir,
		"--nodes="+nodes{real: f.options.RealNodes > 0, count: f.options.Nodes + f.options.RealNodes}.String(),
		"--audit="+strconv.FormatBool(f.options.Audit),
		"--bench="+strconv.FormatBool(f.options.Bench),
		"--service-range="+f.options.ServiceRange,
	)
	supervisor.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	supervisor.Stderr = complaints
	announcement, err := supervisor.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return supervisor, announcement, supervisor.Start()
}
