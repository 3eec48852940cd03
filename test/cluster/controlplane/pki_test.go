package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func parseCertificate(t *testing.T, p pair) *x509.Certificate {
	t.Helper()
	if _, err := tls.X509KeyPair(p.cert, p.key); err != nil {
		t.Fatalf("the key is not of the certificate: %v", err)
	}
	block, _ := pem.Decode(p.cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestServerCertificate(t *testing.T) {
	root, err := newAuthority(noon)
	if err != nil {
		t.Fatal(err)
	}
	server, err := root.server(netip.MustParsePrefix("10.96.0.0/16"), "10.201.0.1", noon)
	if err != nil {
		t.Fatal(err)
	}
	cert := parseCertificate(t, server)
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	for _, name := range []string{"127.0.0.1", "localhost", "kubernetes.default.svc", "10.96.0.1", "10.201.0.1"} {
		_, err := cert.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: noon, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if err := cert.VerifyHostname("10.96.0.2"); err == nil {
		t.Error("the certificate is good for an address that is not the server's")
	}
}

func TestClientCertificate(t *testing.T) {
	root, err := newAuthority(noon)
	if err != nil {
		t.Fatal(err)
	}
	client, err := root.client(admin, noon)
	if err != nil {
		t.Fatal(err)
	}
	cert := parseCertificate(t, client)
	if cert.Subject.CommonName != "bowline-admin" || !slices.Equal(cert.Subject.Organization, []string{"system:masters"}) {
		t.Errorf("the certificate is of %s", cert.Subject)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	clientAuth := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: noon, KeyUsages: clientAuth}); err != nil {
		t.Error(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: noon.Add(lifetime + time.Minute), KeyUsages: clientAuth}); err == nil {
		t.Error("the certificate is good after its time")
	}
	other, err := newAuthority(noon)
	if err != nil {
		t.Fatal(err)
	}
	strangers := x509.NewCertPool()
	strangers.AddCert(other.cert)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: strangers, CurrentTime: noon, KeyUsages: clientAuth}); err == nil {
		t.Error("another cluster accepts the certificate")
	}
}
