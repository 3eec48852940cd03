package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	wire "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// asker asks registries.
type asker struct {
	transport http.RoundTripper
}

// parse reads a reference in full.
func parse(image string) (name.Reference, error) {
	return name.ParseReference(image, name.StrictValidation)
}

// digest asks for the digest of a reference, of an index for the index's own.
// Credentials are tried in turn while they are refused, as nodes do it.
func (a *asker) digest(ctx context.Context, ref name.Reference, keys []authn.Authenticator) (string, error) {
	if len(keys) == 0 {
		keys = []authn.Authenticator{authn.Anonymous}
	}
	var digest string
	var err error
	for _, key := range keys {
		if digest, err = a.digestWith(ctx, ref, key); !refused(err) {
			break
		}
	}
	return digest, err
}

func (a *asker) digestWith(ctx context.Context, ref name.Reference, key authn.Authenticator) (string, error) {
	options := []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(a.transport),
		remote.WithAuth(key),
		remote.WithUserAgent("bowline"),
		// Blips are sat out here, for under a second; all else is the
		// caller's, who asks less and less often.
		remote.WithRetryBackoff(remote.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Steps: 3}),
		remote.WithRetryStatusCodes(http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout),
	}
	head, err := remote.Head(ref, options...)
	switch {
	case err == nil && isManifest(head):
		return head.Digest.String(), nil
	case err != nil && !unsupported(err):
		return "", err
	}
	got, err := remote.Get(ref, options...)
	switch {
	case err != nil:
		return "", err
	case !isManifest(&got.Descriptor):
		return "", errNoManifest
	}
	return got.Digest.String(), nil
}

// errNoManifest tells that something answers which is no registry: any web page
// has a digest.
var errNoManifest = errors.New("no manifest")

func isManifest(d *v1.Descriptor) bool {
	return d.MediaType.IsImage() || d.MediaType.IsIndex() || d.MediaType.IsSchema1()
}

// refused tells that a registry wants other credentials.
func refused(err error) bool {
	code := status(err)
	return code == http.StatusUnauthorized || code == http.StatusForbidden
}

// unsupported tells that a registry answers no HEAD, or not in full. A GET may
// count against a limit, so nothing else is worth one.
func unsupported(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	case 0:
		var network *url.Error
		return !errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// status is the number of a registry's answer, 0 when there was none.
func status(err error) int {
	var answer *wire.Error
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

// transport reaches registries. It trusts the system's authorities and those in
// a file.
func transport(caFile string) (http.RoundTripper, error) {
	roots, err := roots(caFile)
	if err != nil {
		return nil, err
	}
	return &guarded{&http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: Timeout}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           atATime,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}, nil
}

// roots are the authorities that are trusted, nil for the system's alone.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--registry-ca-file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--registry-ca-file=%s: there is no certificate in it: it wants one or more in PEM (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}

// errPlain tells that a registry speaks plain HTTP. The library would try that,
// with credentials, for every private address; only a registry on the same
// machine may.
var errPlain = errors.New("plain HTTP")

// guarded sends no request in the clear to another machine.
type guarded struct{ inner *http.Transport }

// RoundTrip implements http.RoundTripper.
func (g *guarded) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" && !loopback(request.URL.Hostname()) {
		return nil, errPlain
	}
	return g.inner.RoundTrip(request)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
