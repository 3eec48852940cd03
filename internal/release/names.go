package release

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Name returns the name of an App's Release with the given number. Names are
// injective: the number is what follows the last dash.
func Name(app string, number int64) string {
	return app + "-" + strconv.FormatInt(number, 10)
}

// Number returns the number in the name of an App's Release, and whether the
// name is one.
func Number(app, name string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, app+"-")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 1 || Name(app, number) != name {
		return 0, false
	}
	return number, true
}

// ConfigCopyName returns the name of an immutable copy of configuration with
// the given digest, for example shop-config-1a2b3c4d.
func ConfigCopyName(app, digest string) string { return app + "-config-" + short(digest) }

// SecretCopyName returns the name of an immutable copy of a Secret with the
// given digest, for example shop-secret-1a2b3c4d.
func SecretCopyName(app, digest string) string { return app + "-secret-" + short(digest) }

// KeyName returns the name of the Secret that holds an App's digest key. It
// cannot be the name of a copy, because it has neither -config- nor -secret- in it.
func KeyName(app string) string { return app + "-digest-key" }

// short is the first 8 hexadecimal digits of a digest's own digest, so that
// any digest, keyed or not, gives a name of the same shape.
func short(digest string) string {
	sum := sha256.Sum256([]byte(digest))
	return hex.EncodeToString(sum[:4])
}

// CopyName returns the name of the copy of a source with the given digest.
func CopyName(app string, kind v1alpha1.SourceKind, digest string) string {
	if kind == v1alpha1.SourceSecret {
		return SecretCopyName(app, digest)
	}
	return ConfigCopyName(app, digest)
}
