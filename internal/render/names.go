package render

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// filesVolume is the volume with the files of spec.config.files. The volumes
// of sources have a dash in their names.
const filesVolume = overlay.FilesVolume

// volumePrefixes begin the names of the volumes made from sources.
var volumePrefixes = map[v1alpha1.SourceKind]string{
	v1alpha1.SourceConfigMap: overlay.ConfigPrefix,
	v1alpha1.SourceSecret:    overlay.SecretPrefix,
}

// maxLabel is how long a DNS label may be, and so the name of a volume.
const maxLabel = 63

// volumeName returns the name of the volume made from a source. A source's
// name is a DNS subdomain, which may have dots and 253 characters, but a
// volume's name is a DNS label. Names that are labels stay as they are; the
// others get a second dash, with which no source's name begins, and a hash.
func volumeName(kind v1alpha1.SourceKind, source string) string {
	prefix := volumePrefixes[kind]
	if !strings.Contains(source, ".") && len(prefix)+len(source) <= maxLabel {
		return prefix + source
	}
	suffix := "-" + hash(source, 8)
	slug := strings.ReplaceAll(source, ".", "-")
	slug = slug[:min(len(slug), maxLabel-len(prefix)-len("-")-len(suffix))]
	return prefix + "-" + slug + suffix
}

// maxKeyName is how much of a file's name its key keeps; a key has at most 253
// characters.
const maxKeyName = 128

// fileKey returns the key of a file in the ConfigMap. The hash of the path
// tells files of the same name apart; the dash keeps the key apart from those
// of literals, which are names of environment variables and have none.
func fileKey(file string) string {
	name := strings.Map(keyRune, path.Base(file))
	return "file-" + hash(file, 16) + "-" + name[:min(len(name), maxKeyName)]
}

// keyRune replaces what a ConfigMap's key must not contain.
func keyRune(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return r
	}
	return '_'
}

// hash returns the first hexadecimal digits of the SHA-256 of s.
func hash(s string, digits int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}
