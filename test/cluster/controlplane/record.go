package controlplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/bowline-dev/bowline/test/cluster/registries"
)

// Record describes a running cluster. It is the line `up --json` prints and the
// file cluster.json in the cluster's folder.
type Record struct {
	// Kubeconfig is the path of the administrator's kubeconfig.
	Kubeconfig string `json:"kubeconfig"`
	// Assets is the folder of the programs, usable as KUBEBUILDER_ASSETS.
	Assets string `json:"assets"`
	// AuditLog is the path of the audit log; empty when none is written.
	AuditLog string `json:"auditLog"`
	// Dir is the cluster's folder.
	Dir string `json:"dir"`
	// Supervisor is the process that runs the cluster; SIGTERM to it ends all.
	Supervisor int `json:"supervisor"`
	// PIDs are the processes of the cluster by program name.
	PIDs map[string]int `json:"pids"`
	// RealNodes says that the nodes are real; what follows is only there then.
	RealNodes  bool               `json:"realNodes,omitempty"`
	Nodes      []RealNode         `json:"nodes,omitempty"`
	Registries *registries.Record `json:"registries,omitempty"`
}

// Find returns the record of the cluster in dir and whether it runs. The record
// is nil when there is none: the cluster still starts, or never was.
func Find(dir string) (record *Record, running bool, err error) {
	l := layout(dir)
	lock, held, err := takeLock(l, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if !held {
		_ = lock.Close()
	}
	raw, err := os.ReadFile(l.record())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, held, nil
	}
	if err != nil {
		return nil, held, err
	}
	record = &Record{}
	if err := json.Unmarshal(raw, record); err != nil {
		return nil, held, fmt.Errorf("%s: %w", l.record(), err)
	}
	return record, held, nil
}

// save writes the record in one step, so that no reader sees half of it.
func (r *Record) save(l layout) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	draft := l.record() + ".new"
	if err := writeFile(draft, append(raw, '\n')); err != nil {
		return err
	}
	return os.Rename(draft, l.record())
}
