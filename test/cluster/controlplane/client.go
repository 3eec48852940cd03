package controlplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// client speaks to the cluster's servers; it knows just enough to start one, so
// that the launcher needs no Kubernetes library and links in a second.
type client struct {
	http *http.Client
}

func newClient(root []byte, who pair) (*client, error) {
	certificate, err := tls.X509KeyPair(who.cert, who.key)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	return &client{http: &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				RootCAs:      pool,
				Certificates: []tls.Certificate{certificate},
				MinVersion:   tls.VersionTLS13,
			},
			ForceAttemptHTTP2: true,
		},
	}}, nil
}

// get reads url and, unless into is nil, decodes the JSON it answers.
func (c *client) get(ctx context.Context, url string, into any) error {
	return c.do(ctx, http.MethodGet, url, nil, into)
}

// create posts an object to the collection at url.
func (c *client) create(ctx context.Context, url string, object any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, url, body, nil)
}

func (c *client) do(ctx context.Context, method, url string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "bowline-cluster")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, response.Status, bytes.TrimSpace(answer[:min(len(answer), 500)]))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
