package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/stages"
)

// admin is who the kubeconfig for people and tests speaks as; the group passes
// every authorization.
var admin = user{name: "bowline-admin", group: "system:masters"}

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
`

// writeFiles writes everything the programs read and returns a client that
// speaks as the administrator.
func writeFiles(p plan, now time.Time) (*client, error) {
	root, err := newAuthority(now)
	if err != nil {
		return nil, err
	}
	services, err := p.options.serviceNetwork()
	if err != nil {
		return nil, err
	}
	server, err := root.server(services, now)
	if err != nil {
		return nil, err
	}
	tokenKey, tokenPublic, err := newTokenKey()
	if err != nil {
		return nil, err
	}
	kwok, err := kwokConfig(p)
	if err != nil {
		return nil, err
	}

	l := p.layout
	files := map[string][]byte{
		l.cert("root"):   root.pair.cert,
		l.key("root"):    root.pair.key,
		l.cert("server"): server.cert,
		l.key("server"):  server.key,
		l.cert("tokens"): tokenPublic,
		l.key("tokens"):  tokenKey,
		l.auditPolicy():  []byte(auditPolicy),
		l.kwokConfig():   kwok,
	}
	var adminPair pair
	for name, who := range map[string]user{
		"admin":                   admin,
		"kube-controller-manager": {name: "system:kube-controller-manager"},
		"kube-scheduler":          {name: "system:kube-scheduler"},
		"kwok":                    {name: "kwok", group: "system:masters"},
	} {
		client, err := root.client(who, now)
		if err != nil {
			return nil, err
		}
		files[l.kubeconfig(name)] = kubeconfig(p.apiServerURL(), root.pair.cert, client)
		if who == admin {
			adminPair = client
		}
	}
	for path, content := range files {
		if err := writeFile(path, content); err != nil {
			return nil, err
		}
	}
	for _, folder := range []string{filepath.Dir(l.auditLog()), l.kwokHome()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	return newClient(root.pair.cert, adminPair)
}

func kwokConfig(p plan) ([]byte, error) {
	documents, err := stages.Documents()
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  podPlayStageParallelism: %d
  nodePlayStageParallelism: 4
  nodeLeaseParallelism: 4
  podsOnNodeSyncParallelism: 4
---
`, p.kwokParallelism())
	return append([]byte(head), documents...), nil
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}
