package binaries

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Module is the pair of files that pins every version.
type Module struct {
	GoMod []byte
	GoSum []byte
}

// Program is one executable, and either the Go package it is built from or its
// source.
type Program struct {
	// Name is the file name of the executable.
	Name string
	// Package is the import path of its main package.
	Package string
	// Source is the one file it consists of, when it is a program of our own.
	Source []byte
}

// sourceFile is where the source lies in the module.
func (p Program) sourceFile() string { return p.Name + "/main.go" }

// target is what `go build` is asked to build. A file that is named is built
// whatever its build constraints are.
func (p Program) target() string {
	if p.Source != nil {
		return "./" + p.sourceFile()
	}
	return p.Package
}

// Group is a number of programs that are built and kept together.
type Group struct {
	Module   Module
	Programs []Program
	// Tags are build tags.
	Tags []string
}

// ControlPlane are the programs of a simulated cluster, in the order they are
// built. The first three are what envtest expects in KUBEBUILDER_ASSETS.
func ControlPlane(module Module) Group {
	return Group{Module: module, Programs: []Program{
		{Name: "etcd", Package: "go.etcd.io/etcd/server/v3"},
		{Name: "kube-apiserver", Package: "k8s.io/kubernetes/cmd/kube-apiserver"},
		{Name: "kubectl", Package: "k8s.io/kubernetes/cmd/kubectl"},
		{Name: "kube-controller-manager", Package: "k8s.io/kubernetes/cmd/kube-controller-manager"},
		{Name: "kube-scheduler", Package: "k8s.io/kubernetes/cmd/kube-scheduler"},
		{Name: "kwok", Package: "sigs.k8s.io/kwok/cmd/kwok"},
	}}
}

// Kubelet are the programs of Kubernetes on a real node. They have the versions
// of the control plane.
func Kubelet(module Module) Group {
	return Group{Module: module, Programs: []Program{
		{Name: "kubelet", Package: "k8s.io/kubernetes/cmd/kubelet"},
		{Name: "kube-proxy", Package: "k8s.io/kubernetes/cmd/kube-proxy"},
	}}
}

// Node are the other programs on real nodes: containerd, and what runs in pods.
// The tags leave out snapshotters that nobody asks for.
func Node(module Module, pause, coreDNS []byte) Group {
	const containerd = "github.com/containerd/containerd/v2/cmd/"
	return Group{
		Module: module,
		Tags:   []string{"no_btrfs", "no_devmapper", "no_zfs"},
		Programs: []Program{
			{Name: "pause", Source: pause},
			{Name: "containerd", Package: containerd + "containerd"},
			{Name: "containerd-shim-runc-v2", Package: containerd + "containerd-shim-runc-v2"},
			{Name: "ctr", Package: containerd + "ctr"},
			{Name: "coredns", Source: coreDNS},
			{Name: "metrics-server", Package: "sigs.k8s.io/metrics-server/cmd/metrics-server"},
		},
	}
}

var kubernetesRequirement = regexp.MustCompile(`(?m)^\s*(?:require\s+)?k8s\.io/kubernetes\s+(v(\d+)\.(\d+)\.\d+\S*)`)

// buildFlags returns the flags of `go build` for all programs of a group.
func buildFlags(group Group) ([]string, error) {
	ldflags := []string{"-s", "-w"}
	if group.ofKubernetes() {
		version, err := versionFlags(group.Module.GoMod)
		if err != nil {
			return nil, err
		}
		ldflags = append(ldflags, version...)
	}
	flags := []string{
		"-mod=readonly",
		"-buildvcs=false",
		"-trimpath",
		"-ldflags=" + strings.Join(ldflags, " "),
	}
	if len(group.Tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(group.Tags, ","))
	}
	return flags, nil
}

func (g Group) ofKubernetes() bool {
	return slices.ContainsFunc(g.Programs, func(p Program) bool { return strings.HasPrefix(p.Package, "k8s.io/kubernetes/") })
}

// versionFlags make the Kubernetes programs report the version go.mod names; a
// plain build would report v0.0.0.
func versionFlags(goMod []byte) ([]string, error) {
	found := kubernetesRequirement.FindSubmatch(goMod)
	if found == nil {
		return nil, fmt.Errorf("go.mod has no requirement of k8s.io/kubernetes: add one, for example v1.37.2")
	}
	const version = "k8s.io/component-base/version."
	return []string{
		"-X", version + "gitVersion=" + string(found[1]),
		"-X", version + "gitMajor=" + string(found[2]),
		"-X", version + "gitMinor=" + string(found[3]),
	}, nil
}
