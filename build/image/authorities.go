package main

import (
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// authoritiesPath is where Go programs look first.
const authoritiesPath = "etc/ssl/certs/ca-certificates.crt"

// authorities are the certificates by which the operator trusts registries:
// those of Mozilla, as the Go project publishes them. Authorities that Mozilla
// trusts only in part are left out: a file cannot say in which part.
func authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
	}
	return out.Bytes()
}
