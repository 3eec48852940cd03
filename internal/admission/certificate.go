package admission

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"
)

const (
	// validity is how long a certificate is good for, renewal how long before
	// its end it is replaced.
	validity = 90 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour
	// skew is how far behind another machine's clock may be.
	skew = time.Hour
	// trusted is how many certificates are trusted at a time: the one that is
	// served, the one before, and one that was trusted and never stored.
	trusted = 3

	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

// Pair is a certificate that vouches for itself and its key, both in PEM.
type Pair struct{ Certificate, Key []byte }

// NewPair makes a certificate for hosts, which are names or addresses.
func NewPair(hosts []string, now time.Time) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Pair{}, fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "bowline-webhook"},
		NotBefore:    now.Add(-skew),
		NotAfter:     now.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	// Nobody else's certificate can be signed with the key: it is no authority.
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return Pair{}, fmt.Errorf("make a certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encode a key: %w", err)
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: signed}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: encoded}),
	}, nil
}

// errPair does not say more: what is wrong with a key may be part of it.
var errPair = errors.New("it is no pair of a certificate and its key")

// Load returns the pair as a server serves it.
func (p Pair) Load() (*tls.Certificate, error) {
	loaded, err := tls.X509KeyPair(p.Certificate, p.Key)
	if err != nil {
		return nil, errPair
	}
	return &loaded, nil
}

// Good tells until when the pair need not be replaced: it is zero if it has to
// be now, because it ends soon, is broken, or does not have one of the hosts.
func (p Pair) Good(hosts []string, now time.Time) time.Time {
	loaded, err := p.Load()
	if err != nil {
		return time.Time{}
	}
	until := loaded.Leaf.NotAfter.Add(-renewal)
	if !now.Before(until) || now.Before(loaded.Leaf.NotBefore) {
		return time.Time{}
	}
	if slices.ContainsFunc(hosts, func(host string) bool { return loaded.Leaf.VerifyHostname(host) != nil }) {
		return time.Time{}
	}
	return until
}

// Trust returns the certificates to trust, in PEM: one that is or will be served,
// and of those that were trusted until now the newest that still are valid.
func Trust(bundle, certificate []byte, now time.Time) []byte {
	certificates := parse(certificate)
	others := slices.DeleteFunc(parse(bundle), func(c *x509.Certificate) bool {
		return now.After(c.NotAfter) || slices.ContainsFunc(certificates, c.Equal)
	})
	slices.SortStableFunc(others, func(a, b *x509.Certificate) int { return b.NotBefore.Compare(a.NotBefore) })
	certificates = append(certificates, others...)
	var out bytes.Buffer
	for _, c := range certificates[:min(trusted, len(certificates))] {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: c.Raw}))
	}
	return out.Bytes()
}

// parse leaves out what is no certificate.
func parse(text []byte) []*x509.Certificate {
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return out
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == certificateBlock {
			out = append(out, c)
		}
	}
}
