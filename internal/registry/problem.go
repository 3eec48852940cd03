package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// maxProblem is how long a Problem may be, in bytes.
const maxProblem = 1024

// describe says why a registry gave no digest. It is made of our own words:
// whatever a registry wrote, a redirect's address or a header's quote among it,
// may hold the credentials it was given.
func describe(err error, image string, keys credentials, timeout time.Duration) string {
	registry, _, _ := strings.Cut(image, "/")
	what, wayOut := whatHappened(err, keys, timeout)
	text := fmt.Sprintf("spec.image: %s %s for %q: %s", registry, what, image, wayOut)
	return strings.ToValidUTF8(text[:min(len(text), maxProblem)], "")
}

func whatHappened(err error, keys credentials, timeout time.Duration) (what, wayOut string) {
	if what, wayOut := distrusted(err); what != "" {
		return what, wayOut
	}
	code := status(err)
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return said(code), checkCredentials(keys)
	case code == http.StatusNotFound:
		return said(code), "correct the repository or the tag, or push the image"
	case code == http.StatusTooManyRequests:
		return said(code), "wait until it allows requests again"
	case code != 0:
		return said(code), "wait until it answers in full"
	}
	return unreached(err, timeout)
}

// said is what a registry answered.
func said(code int) string {
	return strings.TrimSpace(fmt.Sprintf("answered %d %s", code, http.StatusText(code)))
}

func checkCredentials(keys credentials) string {
	way := "check spec.imagePullSecrets"
	if len(keys.found) == 0 {
		way = "name a Secret with credentials for it in spec.imagePullSecrets"
	}
	if len(keys.notes) > 0 {
		way += " (" + strings.Join(keys.notes, "; ") + ")"
	}
	return way
}

// distrusted says what is wrong with a registry's certificate, nothing when it
// is trusted. It comes first: to a registry on the same machine the library
// speaks in the clear then, and there is an answer to that, too.
func distrusted(err error) (what, wayOut string) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		verify    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &authority):
		return "has a certificate of an unknown authority", "give the operator that authority's certificate with --registry-ca-file"
	case errors.As(err, &host):
		return "has a certificate for another name", "correct the certificate or the registry's name"
	case errors.As(err, &verify):
		return "has a certificate that is not valid", "correct the certificate"
	}
	return "", ""
}

// unreached says why there was no answer.
func unreached(err error, timeout time.Duration) (what, wayOut string) {
	const reach = "see that the operator can reach it"
	var (
		plain   tls.RecordHeaderError
		name    *net.DNSError
		network net.Error
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("gave no answer within %s", timeout), reach
	case errors.As(err, &name):
		return "has a name that cannot be looked up", "correct the registry's name, or " + reach
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused the connection", reach
	case errors.As(err, &plain), errors.Is(err, errPlain), errors.Is(err, http.ErrSchemeMismatch):
		return "speaks no TLS", "serve it with TLS; in the clear only a registry on the operator's own machine is asked"
	}
	return "gave no manifest", "see that it is a registry"
}
