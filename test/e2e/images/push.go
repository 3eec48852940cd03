package images

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Registry is where images are pushed to.
type Registry struct {
	Address            string
	Username, Password string // empty where nobody is asked for them
	CAFile             string // with the authority of its certificate; empty for plain HTTP
}

// Reference is the name of an image in the registry.
func (r Registry) Reference(image string) string { return r.Address + "/" + image }

// Push pushes an image under a name such as app:1, and returns the reference to
// it that a node can pull.
func (r Registry) Push(ctx context.Context, image v1.Image, as string) (string, error) {
	options, err := r.options(ctx)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	tag, err := r.tag(as)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	if err := remote.Write(tag, image, options...); err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	return r.Reference(as), nil
}

// Pull returns the image of a name.
func (r Registry) Pull(ctx context.Context, image string) (v1.Image, error) {
	options, err := r.options(ctx)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", image, err)
	}
	tag, err := r.tag(image)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", image, err)
	}
	return remote.Image(tag, options...)
}

func (r Registry) tag(image string) (name.Tag, error) {
	options := []name.Option{name.StrictValidation}
	if r.CAFile == "" {
		options = append(options, name.Insecure)
	}
	return name.NewTag(r.Reference(image), options...)
}

func (r Registry) options(ctx context.Context) ([]remote.Option, error) {
	options := []remote.Option{remote.WithContext(ctx)}
	if r.Username != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: r.Username, Password: r.Password}))
	}
	if r.CAFile == "" {
		return options, nil
	}
	certificates, err := os.ReadFile(r.CAFile)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(certificates) {
		return nil, errors.New(r.CAFile + " holds no certificate")
	}
	transport, ok := remote.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default transport is none of HTTP")
	}
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	return append(options, remote.WithTransport(transport)), nil
}
