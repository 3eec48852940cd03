package binaries

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// cacheKey names a build by everything its outcome depends on. Each part is
// written with its length, so that no two lists of parts are alike.
func cacheKey(group Group, goVersion, platform string, flags []string) string {
	hash := sha256.New()
	add := func(part string) {
		fmt.Fprintf(hash, "%d:", len(part))
		_, _ = io.WriteString(hash, part)
	}
	add(string(group.Module.GoMod))
	add(string(group.Module.GoSum))
	add(goVersion)
	add(platform)
	for _, flag := range flags {
		add(flag)
	}
	for _, program := range group.Programs {
		add(program.Name)
		add(program.target())
		if program.Source != nil {
			add(string(program.Source))
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}
