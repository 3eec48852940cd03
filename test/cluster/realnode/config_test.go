package realnode

import (
	"net/netip"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func testSpec() Spec {
	n := Network{Number: 201}
	return Spec{
		Place:         n.Place(2),
		Dir:           "/c/node-2",
		Logs:          "/c/logs",
		Kubelet:       "/k",
		Programs:      "/p",
		Cgroup:        "/bowline-201/node-2",
		AllPods:       n.Pods(),
		ClusterDNS:    netip.MustParseAddr("10.96.0.10"),
		Root:          "/c/pki/root.crt",
		KubeletConfig: "/c/kubeconfig/node-2.yaml",
		ProxyConfig:   "/c/kubeconfig/kube-proxy.yaml",
		Pause:         "10.201.0.1:5000/bowline/pause:test",
		Registries:    []string{"10.201.0.1:5000"},
	}
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
}

func TestPlaces(t *testing.T) {
	n := Network{Number: 201}
	if got := n.Host().String() + " " + n.All().String() + " " + n.Pods().String(); got != "10.201.0.1 10.201.0.0/16 10.201.128.0/17" {
		t.Errorf("got %s", got)
	}
	want := Place{
		Name:      "node-2",
		Address:   netip.MustParseAddr("10.201.0.12"),
		Pods:      netip.MustParsePrefix("10.201.130.0/24"),
		Namespace: "bowline-201-2",
		Zone:      "zone-b",
	}
	if got := n.Place(2); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	last := Network{Number: lastNetwork}.Place(MaxNodes)
	if len(last.Namespace) > 15 {
		t.Errorf("%s is too long for the name of an interface", last.Namespace)
	}
}

func TestContainerdConfig(t *testing.T) {
	wantLines(t, testSpec().files("native")["/c/node-2/containerd.toml"],
		`version = 3`,
		`snapshotter = "native"`,
		`sandbox = "10.201.0.1:5000/bowline/pause:test"`,
		`config_path = "/c/node-2/registries"`,
		`restrict_oom_score_adj = true`,
		`conf_dir = "/c/node-2/cni"`)
}

func TestRegistriesSpeakPlainHTTP(t *testing.T) {
	want := `server = "http://10.201.0.1:5000"

[host."http://10.201.0.1:5000"]
capabilities = ["pull", "resolve"]
`
	if got := testSpec().files("overlayfs")["/c/node-2/registries/10.201.0.1_5000_/hosts.toml"]; got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestPodsHaveCablesOfTheirOwn(t *testing.T) {
	config := testSpec().files("overlayfs")["/c/node-2/cni/10-bowline.conflist"]
	for _, want := range []string{`"type": "ptp"`, `"subnet": "10.201.130.0/24"`} {
		if !strings.Contains(config, want) {
			t.Errorf("no %s in:\n%s", want, config)
		}
	}
}

func TestKubeletConfig(t *testing.T) {
	config := testSpec().files("overlayfs")["/c/node-2/kubelet.yaml"]
	wantLines(t, config,
		"address: 10.201.0.12",
		"  x509: {clientCAFile: /c/pki/root.crt}",
		"cgroupRoot: /bowline-201/node-2",
		"clusterDNS: [10.96.0.10]",
		"containerRuntimeEndpoint: unix:///run/containerd/containerd.sock",
		"failCgroupV1: false",
		"resolvConf: /c/node-2/resolv.conf")
	if err := yaml.UnmarshalStrict([]byte(config), &map[string]any{}); err != nil {
		t.Error(err)
	}
}

func TestCalls(t *testing.T) {
	for _, test := range []struct {
		program program
		want    string
	}{
		{testSpec().containerd(), "/p/containerd --config=/c/node-2/containerd.toml"},
		{testSpec().kubelet(), "/k/kubelet --config=/c/node-2/kubelet.yaml --kubeconfig=/c/kubeconfig/node-2.yaml --hostname-override=node-2" +
			" --node-ip=10.201.0.12 --node-labels=topology.kubernetes.io/zone=zone-b"},
		{testSpec().kubeProxy(), "/k/kube-proxy --kubeconfig=/c/kubeconfig/kube-proxy.yaml --hostname-override=node-2 --proxy-mode=iptables" +
			" --cluster-cidr=10.201.128.0/17 --conntrack-max-per-core=0 --oom-score-adj=0" +
			" --metrics-bind-address=127.0.0.1:10249 --healthz-bind-address=127.0.0.1:10256"},
	} {
		if got := test.program.path + " " + strings.Join(test.program.args, " "); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestSpecIsReadAsItWasSaved(t *testing.T) {
	saved := testSpec()
	saved.Dir = t.TempDir()
	path, err := saved.Save()
	if err != nil {
		t.Fatal(err)
	}
	read, err := readSpec(path)
	if err != nil {
		t.Fatal(err)
	}
	if read.Address != saved.Address || read.Pods != saved.Pods || read.Pause != saved.Pause || read.Registries[0] != saved.Registries[0] {
		t.Errorf("got %+v, want %+v", read, saved)
	}
}

func TestAddons(t *testing.T) {
	manifests, err := Addons{CoreDNS: "r/coredns", MetricsServer: "r/metrics-server", ClusterDNS: netip.MustParseAddr("10.96.0.10")}.Manifests()
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(manifests), "        image: r/coredns", "        image: r/metrics-server", "  clusterIP: 10.96.0.10")
	for document := range strings.SplitSeq(string(manifests), "---\n") {
		if err := yaml.UnmarshalStrict([]byte(document), &map[string]any{}); err != nil {
			t.Errorf("%v in:\n%s", err, document)
		}
	}
}
