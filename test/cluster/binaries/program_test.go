package binaries

import (
	"slices"
	"strings"
	"testing"
)

func TestBuildFlagsCarryTheKubernetesVersion(t *testing.T) {
	for name, goMod := range map[string]string{
		"in a block": "module x\n\nrequire (\n\tk8s.io/kubernetes v1.37.2 // indirect\n)\n",
		"alone":      "module x\n\nrequire k8s.io/kubernetes v1.37.2\n",
	} {
		t.Run(name, func(t *testing.T) {
			flags, err := buildFlags(ControlPlane(Module{GoMod: []byte(goMod)}))
			if err != nil {
				t.Fatal(err)
			}
			want := "-ldflags=-s -w" +
				" -X k8s.io/component-base/version.gitVersion=v1.37.2" +
				" -X k8s.io/component-base/version.gitMajor=1" +
				" -X k8s.io/component-base/version.gitMinor=37"
			if !slices.Contains(flags, want) {
				t.Errorf("got %q, want among them %q", flags, want)
			}
		})
	}
}

func TestBuildFlagsNeedTheRequirement(t *testing.T) {
	_, err := buildFlags(ControlPlane(Module{GoMod: []byte("module x\nreplace k8s.io/kubernetes => k8s.io/kubernetes v1.37.2\n")}))
	if err == nil || !strings.Contains(err.Error(), "no requirement of k8s.io/kubernetes") {
		t.Errorf("got %v", err)
	}
}
