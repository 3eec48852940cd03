package controlplane

import (
	"slices"
	"strings"
	"testing"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

func testPlan(change func(*Options)) plan {
	options := DefaultOptions()
	if change != nil {
		change(&options)
	}
	return plan{
		options: options,
		layout:  "/c",
		ports:   ports{etcd: 1, etcdPeer: 2, apiServer: 3, controllerManager: 4, scheduler: 5},
	}
}

func wantFlags(t *testing.T, c component, flags ...string) {
	t.Helper()
	for _, flag := range flags {
		if !slices.Contains(c.args, flag) {
			t.Errorf("%s lacks %s", c.name, flag)
		}
	}
}

func TestFlags(t *testing.T) {
	p := testPlan(nil)
	wantFlags(t, p.etcd(), "--listen-client-urls=http://127.0.0.1:1", "--unsafe-no-fsync", "--data-dir=/c/etcd")
	wantFlags(t, p.apiServer(),
		"--secure-port=3",
		"--etcd-servers=http://127.0.0.1:1",
		"--authorization-mode=Node,RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--feature-gates=DisableAllocatorDualWrite=true")
	wantFlags(t, p.controllerManager(),
		"--secure-port=4",
		"--kube-api-qps=2000",
		"--concurrent-deployment-syncs=20",
		"--horizontal-pod-autoscaler-sync-period=5s")
	wantFlags(t, p.scheduler(), "--secure-port=5", "--kubeconfig=/c/kubeconfig/kube-scheduler.yaml")
	wantFlags(t, p.kwok(), "--manage-all-nodes", "--config=/c/kwok.yaml")
}

func TestAuditFlagsOnlyWithAudit(t *testing.T) {
	with := testPlan(func(o *Options) { o.Audit = true }).apiServer()
	wantFlags(t, with, "--audit-policy-file=/c/audit-policy.yaml", "--audit-log-path=/c/logs/audit.log")
	for _, flag := range testPlan(nil).apiServer().args {
		if strings.HasPrefix(flag, "--audit") {
			t.Errorf("without Audit: %s", flag)
		}
	}
}

func TestBenchLiftsLimits(t *testing.T) {
	bench := testPlan(func(o *Options) { o.Bench = true })
	wantFlags(t, bench.apiServer(), "--max-requests-inflight=4000")
	if bench.kwokParallelism() <= testPlan(nil).kwokParallelism() {
		t.Error("kwok is not faster with Bench")
	}
}

// A program that listens anywhere else is reachable from outside.
func TestEverythingListensOnLoopback(t *testing.T) {
	p := testPlan(nil)
	wantFlags(t, p.apiServer(), "--bind-address=127.0.0.1")
	wantFlags(t, p.controllerManager(), "--bind-address=127.0.0.1")
	wantFlags(t, p.scheduler(), "--bind-address=127.0.0.1")
	for _, flag := range p.etcd().args {
		if strings.Contains(flag, "://") && !strings.Contains(flag, "://127.0.0.1:") {
			t.Errorf("etcd: %s", flag)
		}
	}
}

func realPlan() plan {
	p := testPlan(func(o *Options) { o.RealNodes, o.Nodes = 2, 0 })
	p.network = realnode.Network{Number: 201}
	return p
}

func TestRealNodesReachTheAPIServer(t *testing.T) {
	p := realPlan()
	wantFlags(t, p.apiServer(),
		"--bind-address=10.201.0.1",
		"--advertise-address=10.201.0.1",
		"--kubelet-client-certificate=/c/pki/kubelet-client.crt",
		"--enable-aggregator-routing=true",
		"--requestheader-client-ca-file=/c/pki/front-proxy-root.crt",
		"--requestheader-allowed-names=front-proxy-client")
	if slices.Contains(p.apiServer().args, "--endpoint-reconciler-type=none") {
		t.Error("the Service kubernetes has no endpoint")
	}
	if got := p.apiServerURL(); got != "https://10.201.0.1:3" {
		t.Errorf("got %s", got)
	}
	wantFlags(t, testPlan(nil).apiServer(), "--endpoint-reconciler-type=none")
}

func TestUsersOfRealNodes(t *testing.T) {
	users := realPlan().users()
	if got, want := users["node-2"], (user{name: "system:node:node-2", group: "system:nodes"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, ok := users["kwok"]; ok {
		t.Error("kwok has a kubeconfig")
	}
	if _, ok := testPlan(nil).users()["kube-proxy"]; ok {
		t.Error("kube-proxy has a kubeconfig on simulated nodes")
	}
}

func TestSpec(t *testing.T) {
	p := realPlan()
	spec, err := p.spec(p.places()[1])
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{spec.Name, spec.Dir, spec.Cgroup, spec.ClusterDNS.String(), spec.KubeletConfig}, " ")
	if want := "node-2 /c/node-2 /bowline-201/node-2 10.96.0.10 /c/kubeconfig/node-2.yaml"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
