package harness

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // searched for, not relied on
	"crypto/sha1" //nolint:gosec // searched for, not relied on
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Patterns are byte sequences that must not be found: values in every form in
// which they could stand in a text, and what plain hashes make of them.
//
// A value is known by at most its first patternLength bytes in each form, so
// what a search holds and costs does not depend on how long values are.
type Patterns struct {
	known    map[string]bool      // values and hashes that are there already
	byHead   map[uint64][]pattern // by their first headLength bytes
	possible [1 << 16]uint64      // a bit for each head: most places need no look into the map
	buffer   []byte               // of InStream
}

// pattern is one form of one value.
type pattern struct {
	form, of string
	bytes    []byte
	// digits tells that bytes are the first of a hash as hexadecimal digits,
	// so few that others may be the same by chance: they count only where they
	// stand alone, as in a name, and go on like the hash as far as they go.
	digits string
}

const (
	headLength    = 8
	patternLength = 64
	// shortDigits is how many digits of a hash a name has at least, and
	// enoughDigits how many cannot be the same by chance.
	shortDigits, enoughDigits = 8, 16
	// shortest is how long a value must be to be searched for: a shorter one
	// would be found by chance.
	shortest = 8
)

// Finding is a place where something was found. It does not say what stands
// there.
type Finding struct {
	Where, Form, Of string
	Offset          int64
}

func (f Finding) String() string {
	return fmt.Sprintf("%s, at byte %d: %s of %s", f.Where, f.Offset, f.Form, f.Of)
}

// NewPatterns returns patterns that match nothing.
func NewPatterns() *Patterns {
	return &Patterns{known: map[string]bool{}, byHead: map[uint64][]pattern{}}
}

// AddSecret adds those values of a Secret that may stand nowhere else, and the
// hashes of its whole content.
func (p *Patterns) AddSecret(name string, data map[string][]byte, secret func(value []byte) bool) {
	for key, value := range data {
		if !secret(value) {
			continue
		}
		p.Add(fmt.Sprintf("the entry %s of %s", key, name), value)
	}
	if len(data) == 0 {
		return
	}
	text := map[string]string{}
	for key, value := range data {
		text[key] = string(value)
	}
	// As a digest of the content would be made: of the entries in base64 and as
	// text, alone and beside none of the other sort.
	for _, whole := range []any{data, text, []any{nil, data}, []any{text, nil}} {
		encoded, err := json.Marshal(whole)
		if err != nil {
			panic(err) // strings and bytes always encode
		}
		p.addHashes("the content of "+name, encoded)
	}
}

// Add adds a value in all forms, and its hashes. A value that is too short is
// left out.
func (p *Patterns) Add(of string, value []byte) {
	sum := sha256.Sum256(value)
	if len(value) < shortest || p.known["value "+string(sum[:])] {
		return
	}
	p.known["value "+string(sum[:])] = true
	head := value[:min(len(value), patternLength)]
	p.addForms("the plain text", of, head)
	p.insert(pattern{form: "the quoted text", of: of, bytes: []byte(strings.Trim(strconv.Quote(string(head)), `"`))})
	quoted, _ := json.Marshal(string(head))
	p.insert(pattern{form: "the JSON text", of: of, bytes: bytes.Trim(quoted, `"`)})
	p.insert(pattern{form: "the numbers", of: of, bytes: numbers(head, " ")})
	p.insert(pattern{form: "the numbers", of: of, bytes: numbers(head, ",")})
	p.insert(pattern{form: "the spaced hex", of: of, bytes: fmt.Appendf(nil, "% x", head[:shortest])})
	p.addHashes(of, value)
}

func numbers(value []byte, separator string) []byte {
	var words []string
	for _, b := range value {
		words = append(words, strconv.Itoa(int(b)))
	}
	return []byte(strings.Join(words, separator))
}

// addHashes adds the hashes of a value, and the digits that a name made of such
// a hash, or of its own hash, has.
func (p *Patterns) addHashes(of string, value []byte) {
	sum := sha256.Sum256(value)
	if p.known["hash "+string(sum[:])] {
		return
	}
	p.known["hash "+string(sum[:])] = true
	m, s1, s512 := md5.Sum(value), sha1.Sum(value), sha512.Sum512(value) //nolint:gosec // searched for, not relied on
	again := sha256.Sum256([]byte(hex.EncodeToString(sum[:])))
	for _, hash := range []struct {
		name string
		sum  []byte
	}{{"MD5", m[:]}, {"SHA-1", s1[:]}, {"SHA-256", sum[:]}, {"SHA-512", s512[:]}, {"SHA-256 of the SHA-256", again[:]}} {
		p.addForms("the "+hash.name, of, hash.sum)
		digits := hex.EncodeToString(hash.sum)
		p.insert(pattern{form: "the first digits of the " + hash.name, of: of, bytes: []byte(digits[:shortDigits]), digits: digits})
	}
}

// addForms adds bytes as they are, in hex and in base64, wherever in a longer
// text the bytes stand.
func (p *Patterns) addForms(form, of string, value []byte) {
	digits := hex.EncodeToString(value)
	digits = digits[:min(len(digits), patternLength)]
	if !strings.HasPrefix(form, "the plain") { // of a hash the first digits are enough
		digits = digits[:enoughDigits]
	}
	p.insert(pattern{form: form, of: of, bytes: value})
	p.insert(pattern{form: form + " in hex", of: of, bytes: []byte(digits)})
	p.insert(pattern{form: form + " in hex", of: of, bytes: []byte(strings.ToUpper(digits))})
	for shift := range 3 {
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			p.insert(pattern{form: form + " in base64", of: of, bytes: aligned(alphabet, value, shift)})
		}
	}
}

// aligned is the part of the base64 of a longer text that is the same whatever
// stands before and after a value whose place, divided by three, leaves shift.
func aligned(alphabet *base64.Encoding, value []byte, shift int) []byte {
	encoded := alphabet.EncodeToString(append(make([]byte, shift), value...))
	first := (shift*8 + 5) / 6
	whole := (shift + len(value)) * 8 / 6
	return []byte(encoded[first:whole])
}

func (p *Patterns) insert(one pattern) {
	one.bytes = one.bytes[:min(len(one.bytes), patternLength)]
	if len(one.bytes) < headLength {
		return
	}
	one.bytes = slices.Clone(one.bytes)
	head := binary.LittleEndian.Uint64(one.bytes)
	if slices.ContainsFunc(p.byHead[head], func(other pattern) bool {
		return bytes.Equal(other.bytes, one.bytes) && other.digits == one.digits
	}) {
		return
	}
	p.byHead[head] = append(p.byHead[head], one)
	word, bit := place(head)
	p.possible[word] |= bit
}

// place is where the bit of a head stands.
func place(head uint64) (word, bit uint64) {
	hash := head * 0x9e3779b97f4a7c15 >> 42 // 22 bits
	return hash >> 6, 1 << (hash & 63)
}

// In returns what is found in bytes, each form of each value once.
func (p *Patterns) In(where string, data []byte) []Finding {
	return p.in(where, data, 0, true, true, nil)
}

// in searches a part of a text. First and last tell whether the part begins and
// ends with the text.
func (p *Patterns) in(where string, data []byte, offset int64, first, last bool, found []Finding) []Finding {
	for i := 0; i+headLength <= len(data); i++ {
		head := binary.LittleEndian.Uint64(data[i:])
		if word, bit := place(head); p.possible[word]&bit == 0 {
			continue
		}
		for _, one := range p.byHead[head] {
			if !bytes.HasPrefix(data[i:], one.bytes) || one.digits != "" && !standsAlone(data, i, one.digits, first, last) {
				continue
			}
			finding := Finding{where, one.form, one.of, offset + int64(i)}
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Where == where && f.Form == one.form && f.Of == one.of }) {
				found = append(found, finding)
			}
		}
	}
	return found
}

// standsAlone tells whether what begins at i is a word of hexadecimal digits, no
// group of a UUID, that is the beginning of a hash.
func standsAlone(data []byte, i int, digits string, first, last bool) bool {
	end := i
	for end < len(data) && end-i < len(digits) && data[end] == digits[end-i] {
		end++
	}
	if i == 0 && !first || i > 0 && isWord(data[i-1]) {
		return false
	}
	if end == len(data) {
		return last
	}
	return !isWord(data[end]) && !isUUID(data[end:])
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// isUUID tells whether a text goes on as a UUID does after its first eight
// digits.
func isUUID(rest []byte) bool { return len(rest) >= 6 && rest[0] == '-' && rest[5] == '-' }

const (
	chunk = 1 << 20
	// overlap is more than a pattern with what stands around it.
	overlap = 4 * patternLength
)

// InStream searches a stream of any length, a chunk at a time. Only one stream
// is searched at a time.
func (p *Patterns) InStream(where string, in io.Reader) ([]Finding, error) {
	if p.buffer == nil {
		p.buffer = make([]byte, chunk+overlap)
	}
	buffer := p.buffer[:0]
	var found []Finding
	var offset int64
	for first := true; ; first = false {
		n, err := io.ReadFull(in, buffer[len(buffer):chunk+overlap])
		buffer = buffer[:len(buffer)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		found = p.in(where, buffer, offset, first, last, found)
		if last {
			return found, nil
		}
		if err != nil {
			return found, fmt.Errorf("read %s: %w", where, err)
		}
		kept := buffer[len(buffer)-overlap:]
		offset += int64(len(buffer) - overlap)
		copy(buffer[:overlap], kept)
		buffer = buffer[:overlap]
	}
}
