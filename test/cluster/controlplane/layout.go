package controlplane

import "path/filepath"

// layout names the files in a cluster's folder.
type layout string

func (l layout) path(elements ...string) string {
	return filepath.Join(append([]string{string(l)}, elements...)...)
}

func (l layout) cert(name string) string       { return l.path("pki", name+".crt") }
func (l layout) key(name string) string        { return l.path("pki", name+".key") }
func (l layout) kubeconfig(name string) string { return l.path("kubeconfig", name+".yaml") }
func (l layout) log(name string) string        { return l.path("logs", name+".log") }
func (l layout) etcdData() string              { return l.path("etcd") }
func (l layout) auditPolicy() string           { return l.path("audit-policy.yaml") }
func (l layout) auditLog() string              { return l.path("logs", "audit.log") }
func (l layout) kwokConfig() string            { return l.path("kwok.yaml") }
func (l layout) kwokHome() string              { return l.path("kwok") }
func (l layout) record() string                { return l.path("cluster.json") }
func (l layout) lock() string                  { return l.path("lock") }
