package admission

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	hosts = []string{"bowline-webhook.bowline-system.svc", "127.0.0.1"}
	day   = 24 * time.Hour
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func newPair(t *testing.T, now time.Time) Pair {
	t.Helper()
	pair, err := NewPair(hosts, now)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// accepted tells what a client says that trusts a bundle.
func accepted(t *testing.T, bundle []byte, pair Pair, host string, now time.Time) error {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	loaded, err := pair.Load()
	if err != nil {
		t.Fatal(err)
	}
	_, err = loaded.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now})
	return err
}

func TestPairIsTrusted(t *testing.T) {
	pair, other := newPair(t, start), newPair(t, start)
	bundle := Trust(nil, pair.Certificate, start)
	for _, host := range hosts {
		if err := accepted(t, bundle, pair, host, start); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := accepted(t, bundle, pair, "elsewhere", start); err == nil {
		t.Error("good for any host")
	}
	if err := accepted(t, bundle, other, hosts[0], start); err == nil {
		t.Error("any certificate is trusted")
	}
	if err := accepted(t, bundle, pair, hosts[0], start.Add(91*day)); err == nil {
		t.Error("good for ever")
	}
	if loaded, _ := pair.Load(); loaded.Leaf.IsCA {
		t.Error("it is an authority")
	}
}

func TestGood(t *testing.T) {
	pair := newPair(t, start)
	for name, c := range map[string]struct {
		pair  Pair
		hosts []string
		now   time.Time
		want  time.Time
	}{
		"new":                        {pair, hosts, start, start.Add(60 * day)},
		"shortly before its renewal": {pair, hosts, start.Add(60*day - time.Second), start.Add(60 * day)},
		"due":                        {pair, hosts, start.Add(60 * day), time.Time{}},
		"of the future":              {pair, hosts, start.Add(-2 * time.Hour), time.Time{}},
		"for another host":           {pair, []string{hosts[0], "127.0.0.2"}, start, time.Time{}},
		"broken":                     {Pair{pair.Certificate, []byte("x")}, hosts, start, time.Time{}},
		"of two":                     {Pair{pair.Certificate, newPair(t, start).Key}, hosts, start, time.Time{}},
		"nothing":                    {Pair{}, hosts, start, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.pair.Good(c.hosts, c.now); !got.Equal(c.want) {
				t.Errorf("good until %s, want %s", got, c.want)
			}
		})
	}
}

func TestABrokenKeyIsNotRepeated(t *testing.T) {
	pair := newPair(t, start)
	_, err := Pair{pair.Certificate, []byte("pa55word")}.Load()
	if err == nil || err.Error() != "it is no pair of a certificate and its key" {
		t.Error(err)
	}
}

func TestTrustKeepsThoseThatMayBeServed(t *testing.T) {
	var pairs []Pair
	for n := range 4 {
		pairs = append(pairs, newPair(t, start.Add(time.Duration(n)*day)))
	}
	now := start.Add(3 * day)
	bundle := Trust(nil, pairs[0].Certificate, now)
	if again := Trust(bundle, pairs[0].Certificate, now); string(again) != string(bundle) {
		t.Error("twice is not once")
	}
	bundle = Trust(bundle, pairs[1].Certificate, now)
	if diff := cmp.Diff([]bool{true, true, false, false}, inBundle(bundle, pairs)); diff != "" {
		t.Errorf("of two (-want +got):\n%s", diff)
	}
	bundle = Trust(Trust(bundle, pairs[2].Certificate, now), pairs[3].Certificate, now)
	if diff := cmp.Diff([]bool{false, true, true, true}, inBundle(bundle, pairs)); diff != "" {
		t.Errorf("the oldest goes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bool{false, true, true, true}, inBundle(Trust(bundle, pairs[1].Certificate, now), pairs)); diff != "" {
		t.Errorf("what is served stays, however old (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bool{false, false, false, true}, inBundle(Trust(bundle, pairs[3].Certificate, start.Add(92*day+time.Second)), pairs)); diff != "" {
		t.Errorf("what is past goes (-want +got):\n%s", diff)
	}
	if got := Trust([]byte("no certificate"), pairs[0].Certificate, now); string(got) != string(pairs[0].Certificate) {
		t.Error("what is no certificate is kept")
	}
}

func inBundle(bundle []byte, pairs []Pair) []bool {
	var out []bool
	for _, p := range pairs {
		out = append(out, strings.Contains(string(bundle), string(p.Certificate)))
	}
	return out
}
