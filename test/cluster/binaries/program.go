package binaries

import (
	"fmt"
	"regexp"
	"strings"
)

// Program is one executable and the Go package it is built from.
type Program struct {
	// Name is the file name of the executable.
	Name string
	// Package is the import path of its main package.
	Package string
}

// Programs are all executables of a simulated cluster, in the order they are
// built. The first three are what envtest expects in KUBEBUILDER_ASSETS.
func Programs() []Program {
	return []Program{
		{"etcd", "go.etcd.io/etcd/server/v3"},
		{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
		{"kubectl", "k8s.io/kubernetes/cmd/kubectl"},
		{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
		{"kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"},
		{"kwok", "sigs.k8s.io/kwok/cmd/kwok"},
	}
}

var kubernetesRequirement = regexp.MustCompile(`(?m)^\s*(?:require\s+)?k8s\.io/kubernetes\s+(v(\d+)\.(\d+)\.\d+\S*)`)

// buildFlags returns the flags of `go build` for all programs. The Kubernetes
// programs report the version go.mod names; a plain build would report v0.0.0.
func buildFlags(goMod []byte) ([]string, error) {
	found := kubernetesRequirement.FindSubmatch(goMod)
	if found == nil {
		return nil, fmt.Errorf("go.mod has no requirement of k8s.io/kubernetes: add one, for example v1.37.2")
	}
	const version = "k8s.io/component-base/version."
	ldflags := []string{
		"-s", "-w",
		"-X", version + "gitVersion=" + string(found[1]),
		"-X", version + "gitMajor=" + string(found[2]),
		"-X", version + "gitMinor=" + string(found[3]),
	}
	return []string{
		"-mod=readonly",
		"-buildvcs=false",
		"-trimpath",
		"-ldflags=" + strings.Join(ldflags, " "),
	}, nil
}
