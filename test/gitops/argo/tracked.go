package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// By these Argo CD knows what belongs to an application.
const (
	trackingLabel      = "app.kubernetes.io/instance"
	trackingAnnotation = "argocd.argoproj.io/tracking-id"
)

// tracking is what Argo CD makes of a namespace.
type tracking struct {
	// Marked are all objects that carry the mark of the application.
	Marked []string `json:"marked"`
	// Parts are those that a sync compares with Git, and prunes when they are
	// not there.
	Parts []string `json:"parts"`
	// Tree is what is shown below the objects in Git.
	Tree []string `json:"tree"`
}

// tracked reads the cluster into the engine's cache, as Argo CD's application
// controller does.
func (e *engine) tracked(name, file string) (tracking, error) {
	objects, err := read(file)
	if err != nil {
		return tracking{}, err
	}
	live := cache.NewClusterCache(e.config,
		cache.SetNamespaces([]string{objects[0].GetNamespace()}),
		cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(o *unstructured.Unstructured, _ bool) (any, bool) {
			owner := applicationOf(o)
			return owner, owner != ""
		}))
	if err := live.EnsureSynced(); err != nil {
		return tracking{}, fmt.Errorf("read the cluster: %w", err)
	}
	mine := func(r *cache.Resource) bool { return r.Info == name }
	found := tracking{}
	for key := range live.FindResources("", mine) {
		found.Marked = append(found.Marked, named(key))
	}
	parts, err := live.GetManagedLiveObjs(objects, mine)
	if err != nil {
		return tracking{}, err
	}
	var roots []kube.ResourceKey
	for key := range parts {
		found.Parts = append(found.Parts, named(key))
	}
	for _, o := range objects {
		roots = append(roots, kube.GetResourceKey(o))
	}
	live.IterateHierarchyV2(roots, func(r *cache.Resource, _ map[kube.ResourceKey]*cache.Resource) bool {
		found.Tree = append(found.Tree, named(r.ResourceKey()))
		return true
	})
	for _, list := range [][]string{found.Marked, found.Parts, found.Tree} {
		slices.Sort(list)
	}
	return found, nil
}

// applicationOf returns the application an object belongs to by its annotation,
// whose value is "application:group/kind:namespace/name" of the object itself,
// or by its label. An annotation that names another object was copied, and does
// not count.
func applicationOf(o *unstructured.Unstructured) string {
	application, rest, _ := strings.Cut(o.GetAnnotations()[trackingAnnotation], ":")
	gvk := o.GroupVersionKind()
	if rest == fmt.Sprintf("%s/%s:%s/%s", gvk.Group, gvk.Kind, o.GetNamespace(), o.GetName()) {
		return application
	}
	return o.GetLabels()[trackingLabel]
}

func named(key kube.ResourceKey) string { return key.Kind + "/" + key.Name }
