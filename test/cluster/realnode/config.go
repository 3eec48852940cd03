package realnode

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
)

// Socket is containerd's, in the node's own /run.
const Socket = "/run/containerd/containerd.sock"

// program is a program of a node and how it is called.
type program struct {
	name string
	path string
	args []string
}

func (s Spec) containerd() program {
	return program{"containerd", filepath.Join(s.Programs, "containerd"), []string{"--config=" + s.file("containerd.toml")}}
}

func (s Spec) kubelet() program {
	return program{"kubelet", filepath.Join(s.Kubelet, "kubelet"), []string{
		"--config=" + s.file("kubelet.yaml"),
		"--kubeconfig=" + s.KubeletConfig,
		"--hostname-override=" + s.Name,
		"--node-ip=" + s.Address.String(),
		"--node-labels=topology.kubernetes.io/zone=" + s.Zone,
	}}
}

// kubeProxy leaves the size of the table of connections alone: it is the
// machine's.
func (s Spec) kubeProxy() program {
	return program{"kube-proxy", filepath.Join(s.Kubelet, "kube-proxy"), []string{
		"--kubeconfig=" + s.ProxyConfig,
		"--hostname-override=" + s.Name,
		"--proxy-mode=iptables",
		"--cluster-cidr=" + s.AllPods.String(),
		"--conntrack-max-per-core=0",
		"--oom-score-adj=0",
		"--metrics-bind-address=127.0.0.1:10249",
		"--healthz-bind-address=127.0.0.1:10256",
	}}
}

// files are the configuration of the node's programs.
func (s Spec) files(snapshotter string) map[string]string {
	files := map[string]string{
		s.file("containerd.toml"):          s.containerdConfig(snapshotter),
		s.file("cni/10-bowline.conflist"):  s.cniConfig(),
		s.file("kubelet.yaml"):             s.kubeletConfig(),
		s.file("resolv.conf"):              "# No name but the cluster's own is resolved here.\n",
		s.file("kubelet-plugins/.bowline"): "",
	}
	for _, registry := range s.Registries {
		host, port, _ := net.SplitHostPort(registry)
		files[s.file("registries/"+host+"_"+port+"_/hosts.toml")] = fmt.Sprintf(`server = "http://%[1]s"

[host."http://%[1]s"]
capabilities = ["pull", "resolve"]
`, registry)
	}
	return files
}

// containerdConfig leaves out plugins that write to folders outside the node, and
// AppArmor, whose profiles belong to the machine. Without the right to lower an
// OOM score, runc fails when it is asked to.
func (s Spec) containerdConfig(snapshotter string) string {
	return fmt.Sprintf(`version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile"]

[grpc]
address = %[1]q

[plugins."io.containerd.cri.v1.images"]
snapshotter = %[2]q
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = %[3]q
[plugins."io.containerd.cri.v1.images".registry]
config_path = %[4]q

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = [%[5]q]
conf_dir = %[6]q
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false
`, Socket, snapshotter, s.Pause, s.file("registries"), cniFolder, s.file("cni"))
}

// cniConfig gives every pod a cable of its own to the node, which routes. On a
// bridge two pods would answer each other directly, past the rules that make a
// Service out of pods.
func (s Spec) cniConfig() string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "bowline",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni",
        "ranges": [[{"subnet": %q}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
`, s.Pods)
}

// kubeletConfig evicts for no full disk: it is the machine's, and other things
// fill it.
func (s Spec) kubeletConfig() string {
	return strings.NewReplacer(
		"<ADDRESS>", s.Address.String(),
		"<ROOT>", s.Root,
		"<CGROUP>", s.Cgroup,
		"<DNS>", s.ClusterDNS.String(),
		"<RESOLV>", s.file("resolv.conf"),
		"<PLUGINS>", s.file("kubelet-plugins"),
		"<SOCKET>", Socket,
	).Replace(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: <ADDRESS>
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: <ROOT>}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: <CGROUP>
clusterDNS: [<DNS>]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://<SOCKET>
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
failCgroupV1: false
failSwapOn: false
imageGCHighThresholdPercent: 100
oomScoreAdj: 0
resolvConf: <RESOLV>
volumePluginDir: <PLUGINS>
`)
}
