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

// kubeletClient is who the API server speaks to kubelets as, frontProxy who it
// speaks to API servers in pods as.
var (
	kubeletClient = user{name: "kube-apiserver-kubelet-client", group: "system:masters"}
	frontProxy    = user{name: "front-proxy-client"}
)

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
	server, err := root.server(services, p.host(), now)
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
	if p.real() {
		if err := addRealNodePairs(files, l, root, now); err != nil {
			return nil, err
		}
	}
	var adminPair pair
	for name, who := range p.users() {
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

// users are who has a kubeconfig, by its name.
func (p plan) users() map[string]user {
	users := map[string]user{
		"admin":                   admin,
		"kube-controller-manager": {name: "system:kube-controller-manager"},
		"kube-scheduler":          {name: "system:kube-scheduler"},
	}
	if !p.real() {
		users["kwok"] = user{name: "kwok", group: "system:masters"}
		return users
	}
	users["kube-proxy"] = user{name: "system:kube-proxy"}
	for _, place := range p.places() {
		users[place.Name] = user{name: "system:node:" + place.Name, group: "system:nodes"}
	}
	return users
}

// addRealNodePairs adds what the API server shows to kubelets and to API servers
// in pods. The latter trust an authority of its own, which signs nothing else.
func addRealNodePairs(files map[string][]byte, l layout, root *authority, now time.Time) error {
	frontProxyRoot, err := newAuthority(now)
	if err != nil {
		return err
	}
	files[l.cert("front-proxy-root")] = frontProxyRoot.pair.cert
	for name, signed := range map[string]struct {
		by  *authority
		who user
	}{
		"kubelet-client": {root, kubeletClient},
		"front-proxy":    {frontProxyRoot, frontProxy},
	} {
		client, err := signed.by.client(signed.who, now)
		if err != nil {
			return err
		}
		files[l.cert(name)], files[l.key(name)] = client.cert, client.key
	}
	return nil
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
