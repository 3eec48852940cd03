package harness

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bowline-dev/bowline/internal/release"
)

// A key whose bytes differ in every form of base64, and a text.
var secrets = map[string][]byte{
	"key":  []byte("\xfb\xff\xfe\x3e\x3f\xbf\xef\xbe\x00\x01\x22\x5c\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"),
	"text": Canary("canaryghijkl").Marks("old"),
}

// encodings are the ways a value is written.
func encodings(value []byte) map[string]string {
	m, s1, s256, s512 := md5.Sum(value), sha1.Sum(value), sha256.Sum256(value), sha512.Sum512(value)
	quoted, _ := json.Marshal(string(value))
	written := map[string]string{
		"plain": string(value), "hex": hex.EncodeToString(value), "HEX": strings.ToUpper(hex.EncodeToString(value)),
		"json": string(quoted), "go": fmt.Sprintf("%q", value), "numbers": fmt.Sprintf("%d", value), "spaced": fmt.Sprintf("% x", value),
		"name":           "shop-secret-" + hex.EncodeToString(s256[:4]),
		"longer name":    "shop-" + hex.EncodeToString(s1[:6]) + "-0",
		"name of digest": "shop-secret-" + shortOf(hex.EncodeToString(s256[:])),
	}
	for name, sum := range map[string][]byte{"md5": m[:], "sha1": s1[:], "sha256": s256[:], "sha512": s512[:]} {
		written[name] = string(sum)
		written[name+" hex"] = "v1:" + hex.EncodeToString(sum)
		written[name+" HEX"] = "x" + strings.ToUpper(hex.EncodeToString(sum))
		written[name+" base64"] = base64.StdEncoding.EncodeToString(sum)
		written[name+" base64 url"] = base64.RawURLEncoding.EncodeToString(sum)
	}
	for shift := range 3 {
		inside := append(append([]byte("abcdef")[:3+shift:3+shift], value...), "and more"...)
		written[fmt.Sprint("base64 ", shift)] = base64.StdEncoding.EncodeToString(inside)
		written[fmt.Sprint("base64 url ", shift)] = base64.URLEncoding.EncodeToString(inside)
	}
	return written
}

func every([]byte) bool { return true }

func shortOf(digest string) string {
	sum := sha256.Sum256([]byte(digest))
	return hex.EncodeToString(sum[:4])
}

func TestPatternsFindEveryForm(t *testing.T) {
	for secret, value := range secrets {
		p := NewPatterns()
		p.Add("it", value)
		for name, written := range encodings(value) {
			text := []byte(`{"a":"` + written + `"}`)
			if found := p.In("here", text); len(found) == 0 {
				t.Errorf("%s of %s is not found", name, secret)
			}
		}
	}
}

func TestPatternsFindDigestsOfContent(t *testing.T) {
	data := map[string][]byte{"A": []byte("1"), "KEY": []byte("old")} // too short to be found themselves
	p := NewPatterns()
	p.AddSecret("stripe", data, every)
	digest := release.Digest(nil, data)
	for name, written := range map[string]string{
		"the digest":                  digest,
		"the digest as of text":       release.Digest(map[string]string{"A": "1", "KEY": "old"}, nil),
		"the name of a copy":          release.SecretCopyName("shop", digest),
		"the name of a ConfigMap":     release.ConfigCopyName("shop", digest),
		"the beginning of the digest": "v1-" + digest[:11],
	} {
		if found := p.In("here", []byte(`"`+written+`"`)); len(found) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	if found := p.In("here", []byte(release.KeyedDigest([]byte("0123456789abcdef"), data))); len(found) != 0 {
		t.Errorf("a keyed digest is no leak, and yet: %v", found)
	}
}

// What is near a form and none, or may be so by chance, is not found.
func TestPatternsFindNothingElse(t *testing.T) {
	value := secrets["text"]
	p := NewPatterns()
	p.Add("it", value)
	p.Add("too short", []byte("1234567"))
	sum := sha256.Sum256(value)
	digits := hex.EncodeToString(sum[:])
	other := "0"
	if digits[8] == '0' {
		other = "1"
	}
	for name, text := range map[string]string{
		"nothing":                  "",
		"another text":             "canaryghijk.old, 1234567",
		"a part of it":             string(value[1:]),
		"digits in a word":         "shop-" + digits[:8] + "x",
		"digits after letters":     "shop" + digits[:8],
		"digits of another hash":   "shop-" + digits[:8] + other,
		"the group of a UUID":      digits[:8] + "-1111-2222-3333-444444444444",
		"too few digits":           "shop-" + digits[:7],
		"half of the hash's bytes": string(sum[:7]),
	} {
		if found := p.In("here", []byte(text)); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestPatternsFindInStreams(t *testing.T) {
	value := secrets["text"]
	sum := sha256.Sum256(value)
	p := NewPatterns()
	p.Add("it", value)
	name := "-" + hex.EncodeToString(sum[:4]) + "-"
	for _, planted := range []string{string(value), name} {
		for _, at := range []int{0, 1, chunk - 5, chunk, chunk + overlap - 9, chunk + overlap - 1, 2*chunk + overlap - 3, 3 * chunk} {
			text := append(append(bytes.Repeat([]byte("."), at), planted...), bytes.Repeat([]byte("."), 3*chunk+10-at)...)
			found, err := p.InStream("here", bytes.NewReader(text))
			if err != nil || len(found) != 1 {
				t.Fatalf("%q at %d: found %v, error %v, want one", planted, at, found, err)
			}
			if begins := found[0].Offset; begins != int64(at) && begins != int64(at+1) {
				t.Errorf("%q at %d: found at %d", planted, at, begins)
			}
		}
	}
	if found, err := p.InStream("here", strings.NewReader(strings.Repeat(".", 3*chunk))); err != nil || len(found) != 0 {
		t.Errorf("found %v, error %v", found, err)
	}
}

// A finding tells where to look, and keeps to itself what is there.
func TestFindingKeepsTheSecret(t *testing.T) {
	p := NewPatterns()
	p.AddSecret("the Secret a/stripe", map[string][]byte{"KEY": secrets["text"]}, every)
	found := p.In("Event a/b", append([]byte("12345"), secrets["text"]...))
	if len(found) != 1 || found[0].String() != "Event a/b, at byte 5: the plain text of the entry KEY of the Secret a/stripe" {
		t.Errorf("found %v", found)
	}
}
