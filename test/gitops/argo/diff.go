package main

import (
	"context"
	"fmt"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// manager is the field manager of Argo CD.
const manager = "argocd-controller"

// difference is what one way to compare says of one object. When it is out of
// sync, live and wanted show why.
type difference struct {
	Object    string `json:"object"`
	Way       string `json:"way"`
	OutOfSync bool   `json:"outOfSync"`
	Live      string `json:"live,omitempty"`
	Wanted    string `json:"wanted,omitempty"`
}

// diff compares each object of a file in the three ways of Argo CD: by what was
// last applied (its default), by structured merge, as with the sync option
// ServerSideApply=true, and by a dry run of a server-side apply, as with the
// compare option ServerSideDiff=true.
func (e *engine) diff(ctx context.Context, file string) ([]difference, error) {
	objects, err := read(file)
	if err != nil {
		return nil, err
	}
	_, parser, err := e.kubectl.LoadOpenAPISchema(e.config)
	if err != nil {
		return nil, err
	}
	applier, clean, err := e.kubectl.ManageServerSideDiffDryRuns(e.config)
	if err != nil {
		return nil, err
	}
	defer clean()
	ways := []struct {
		name    string
		options []diff.Option
	}{
		{"last applied", nil},
		{"structured merge", []diff.Option{diff.WithStructuredMergeDiff(true)}},
		{"dry run", []diff.Option{diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier))}},
	}
	var found []difference
	for _, wanted := range objects {
		live, err := e.live(ctx, wanted)
		if err != nil {
			return nil, err
		}
		for _, way := range ways {
			options := append([]diff.Option{diff.WithGVKParser(parser), diff.WithManager(manager)}, way.options...)
			result, err := diff.Diff(wanted.DeepCopy(), live.DeepCopy(), options...)
			if err != nil {
				return nil, fmt.Errorf("compare %s by %s: %w", wanted.GetName(), way.name, err)
			}
			d := difference{Object: wanted.GetKind() + "/" + wanted.GetName(), Way: way.name, OutOfSync: result.Modified}
			if d.OutOfSync {
				d.Live, d.Wanted = string(result.NormalizedLive), string(result.PredictedLive)
			}
			found = append(found, d)
		}
	}
	return found, nil
}

func (e *engine) live(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return e.kubectl.GetResource(ctx, e.config, o.GroupVersionKind(), o.GetName(), o.GetNamespace())
}

// sync applies the objects of a file, and returns what kubectl says.
func (e *engine) sync(ctx context.Context, file string, server bool) ([]string, error) {
	objects, err := read(file)
	if err != nil {
		return nil, err
	}
	operations, clean, err := e.kubectl.ManageResources(e.config)
	if err != nil {
		return nil, err
	}
	defer clean()
	var said []string
	for _, o := range objects {
		message, err := operations.ApplyResource(ctx, o, cmdutil.DryRunNone, false, true, server, manager)
		if err != nil {
			return nil, err
		}
		said = append(said, message)
	}
	return said, nil
}
