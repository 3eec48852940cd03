package binaries

import (
	"os/exec"
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

func TestBuildFlagsOfNodesNeedNoKubernetes(t *testing.T) {
	flags, err := buildFlags(Node(Module{GoMod: []byte("module x\n")}, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-tags=no_btrfs,no_devmapper,no_zfs"}
	if !slices.Equal(flags, want) {
		t.Errorf("got %q, want %q", flags, want)
	}
}

func TestKubeletsReportTheirVersion(t *testing.T) {
	flags, err := buildFlags(Kubelet(Module{GoMod: []byte("module x\n\nrequire k8s.io/kubernetes v1.37.2\n")}))
	if err != nil || !strings.Contains(strings.Join(flags, " "), "version.gitVersion=v1.37.2") {
		t.Errorf("got %q, %v", flags, err)
	}
}

func TestAProgramOfOurOwnIsBuiltFromItsSource(t *testing.T) {
	cache := Cache{Root: t.TempDir()}
	bin, err := cache.Ensure(t.Context(), Group{
		Module:   Module{GoMod: []byte("module x\n\ngo 1.26.0\n")},
		Programs: []Program{{Name: "pause", Source: []byte("//go:build ignore\n\npackage main\n\nfunc main() { println(\"built\") }\n")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command(bin + "/pause").CombinedOutput(); err != nil || string(output) != "built\n" {
		t.Errorf("got %q, %v", output, err)
	}
}
