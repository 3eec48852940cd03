package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// manager applies, compares and waits as kustomize-controller does.
type manager struct{ resources *ssa.ResourceManager }

// connect names the controller's field manager and label group.
func connect() (*manager, error) {
	log.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	cluster, err := config.GetConfig()
	if err != nil {
		return nil, err
	}
	c, err := client.New(cluster, client.Options{})
	if err != nil {
		return nil, err
	}
	poller := polling.NewStatusPoller(c, c.RESTMapper(), polling.Options{})
	owner := ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"}
	return &manager{ssa.NewResourceManager(c, poller, owner)}, nil
}

// read returns the objects of a file with the labels by which Flux says that
// they are its own.
func (m *manager) read(file string) ([]*unstructured.Unstructured, error) {
	f, err := os.Open(file) //nolint:gosec // it is the file that the command line names
	if err != nil {
		return nil, err
	}
	defer f.Close()
	objects, err := utils.ReadObjects(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	m.resources.SetOwnerLabels(objects, "shop", "flux-system")
	return objects, nil
}

func (m *manager) apply(ctx context.Context, file string, out io.Writer) error {
	objects, err := m.read(file)
	if err != nil {
		return err
	}
	changes, err := m.resources.ApplyAllStaged(ctx, objects, ssa.DefaultApplyOptions())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, changes)
	return nil
}

func (m *manager) diff(ctx context.Context, file string, out io.Writer) error {
	objects, err := m.read(file)
	if err != nil {
		return err
	}
	for _, o := range objects {
		change, live, merged, err := m.resources.Diff(ctx, o, ssa.DefaultDiffOptions())
		if err != nil {
			return err
		}
		fmt.Fprintln(out, change)
		if live != nil {
			fmt.Fprintf(out, "live:   %v\nmerged: %v\n", live.Object, merged.Object)
		}
	}
	return nil
}

// wait looks each second, where the controller looks every five, so that its
// time says something about the App.
func (m *manager) wait(ctx context.Context, file string, timeout time.Duration) error {
	objects, err := m.read(file)
	if err != nil {
		return err
	}
	set := object.UnstructuredSetToObjMetadataSet(objects)
	return m.resources.WaitForSetWithContext(ctx, set, ssa.WaitOptions{Interval: time.Second, Timeout: timeout, FailFast: true})
}
