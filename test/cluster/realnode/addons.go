package realnode

import (
	"bytes"
	"embed"
	"net/netip"
	"text/template"
)

//go:embed addons/*.yaml
var addons embed.FS

// Addons are what runs in pods of every cluster: its name server, and what
// measures pods and nodes.
type Addons struct {
	// CoreDNS and MetricsServer are images.
	CoreDNS, MetricsServer string
	// ClusterDNS is the name server's address.
	ClusterDNS netip.Addr
}

// Manifests returns the objects as one YAML stream.
func (a Addons) Manifests() ([]byte, error) {
	templates, err := template.ParseFS(addons, "addons/*.yaml")
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	for _, t := range templates.Templates() {
		stream.WriteString("---\n")
		if err := t.Execute(&stream, a); err != nil {
			return nil, err
		}
	}
	return stream.Bytes(), nil
}
