package realnode

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
)

// Spec is all a node is told. It is a file, which [Init] reads.
type Spec struct {
	Place
	// Dir is the node's own folder.
	Dir string
	// Logs is the folder of the cluster's logs.
	Logs string
	// Kubelet is the folder with kubelet and kube-proxy, Programs that with
	// containerd.
	Kubelet, Programs string
	// Cgroup is the node's cgroup, as a path below the root of each hierarchy.
	Cgroup string
	// AllPods are the addresses of the pods of all nodes.
	AllPods netip.Prefix
	// ClusterDNS is the address of the cluster's name server.
	ClusterDNS netip.Addr
	// Root is the file with the certificate that all others are signed with.
	Root string
	// KubeletConfig and ProxyConfig are kubeconfig files.
	KubeletConfig, ProxyConfig string
	// Pause is the image of the first container of every pod.
	Pause string
	// Registries are the addresses that speak plain HTTP.
	Registries []string
}

// Save writes the spec where [Init] reads it.
func (s Spec) Save() (path string, err error) {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	path = s.file("node.json")
	return path, write(map[string]string{path: string(raw)})
}

func readSpec(path string) (Spec, error) {
	var s Spec
	raw, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (s Spec) file(name string) string { return filepath.Join(s.Dir, name) }

// LogOf is the log of one of the node's programs.
func (s Spec) LogOf(program string) string {
	return filepath.Join(s.Logs, s.Name+"-"+program+".log")
}

func write(files map[string]string) error {
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
