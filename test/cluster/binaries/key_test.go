package binaries

import "testing"

func TestCacheKeyChangesWithEverythingABuildDependsOn(t *testing.T) {
	key := func(goMod, goSum, version, platform string, flags ...string) string {
		return cacheKey(ControlPlane(Module{GoMod: []byte(goMod), GoSum: []byte(goSum)}), version, platform, flags)
	}
	base := key("mod", "sum", "go1.26.8", "linux/amd64", "-trimpath")
	if again := key("mod", "sum", "go1.26.8", "linux/amd64", "-trimpath"); again != base {
		t.Errorf("the same build has two keys: %s and %s", base, again)
	}
	if want := "357af5494f3d35ea"; base != want {
		t.Errorf("the key is %s, and was %s: everybody builds anew", base, want)
	}
	others := map[string]string{
		"go.mod":              key("mod2", "sum", "go1.26.8", "linux/amd64", "-trimpath"),
		"go.sum":              key("mod", "sum2", "go1.26.8", "linux/amd64", "-trimpath"),
		"Go version":          key("mod", "sum", "go1.26.9", "linux/amd64", "-trimpath"),
		"platform":            key("mod", "sum", "go1.26.8", "linux/arm64", "-trimpath"),
		"flags":               key("mod", "sum", "go1.26.8", "linux/amd64"),
		"where a part ends":   key("mods", "um", "go1.26.8", "linux/amd64", "-trimpath"),
		"where a flag begins": key("mod", "sum", "go1.26.8", "linux/amd64-trimpath"),
	}
	for part, other := range others {
		if other == base {
			t.Errorf("another %s has the same key", part)
		}
	}
}

func TestCacheKeysOfRealNodes(t *testing.T) {
	module := Module{GoMod: []byte("mod"), GoSum: []byte("sum")}
	key := func(group Group) string { return cacheKey(group, "go1.26.8", "linux/amd64", nil) }
	base := key(Node(module, []byte("pause"), []byte("coredns")))
	for what, other := range map[string]string{
		"source of pause":   key(Node(module, []byte("pause2"), []byte("coredns"))),
		"source of coredns": key(Node(module, []byte("pause"), []byte("coredns2"))),
		"group":             key(Kubelet(module)),
		"other group":       key(ControlPlane(module)),
	} {
		if other == base {
			t.Errorf("another %s has the same key", what)
		}
	}
}
