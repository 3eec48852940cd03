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
