package controlplane

import (
	"fmt"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// component is one program of the cluster and how it is called.
type component struct {
	name string
	args []string
	// env is added to the environment.
	env []string
	// program is its path, unless it is the one of that name among the binaries.
	program string
	// namespace is the network namespace of a real node, whose first process this
	// is.
	namespace string
}

// plan says what is started, in which order, with which flags. It does nothing.
type plan struct {
	options Options
	layout  layout
	ports   ports
	// network has the addresses of real nodes.
	network realnode.Network
}

func (p plan) real() bool { return p.options.RealNodes > 0 }

// host is the address at which the API server is reached: by real nodes and
// their pods, too, if there are any.
func (p plan) host() string {
	if p.real() {
		return p.network.Host().String()
	}
	return "127.0.0.1"
}

func (p plan) etcdURL() string      { return loopback("http", p.ports.etcd) }
func (p plan) apiServerURL() string { return fmt.Sprintf("https://%s:%d", p.host(), p.ports.apiServer) }

func (p plan) controllerManagerURL() string { return loopback("https", p.ports.controllerManager) }
func (p plan) schedulerURL() string         { return loopback("https", p.ports.scheduler) }

func loopback(scheme string, port int) string {
	return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port)
}

// etcd keeps its data without waiting for the disk: it never outlives a crash.
func (p plan) etcd() component {
	peer := loopback("http", p.ports.etcdPeer)
	return component{name: "etcd", args: []string{
		"--name=bowline",
		"--data-dir=" + p.layout.etcdData(),
		"--listen-client-urls=" + p.etcdURL(),
		"--advertise-client-urls=" + p.etcdURL(),
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=bowline=" + peer,
		"--unsafe-no-fsync",
		"--quota-backend-bytes=8589934592",
		"--log-level=warn",
	}}
}

func (p plan) apiServer() component {
	args := []string{
		"--bind-address=" + p.host(),
		fmt.Sprintf("--secure-port=%d", p.ports.apiServer),
		"--etcd-servers=" + p.etcdURL(),
		"--tls-cert-file=" + p.layout.cert("server"),
		"--tls-private-key-file=" + p.layout.key("server"),
		"--client-ca-file=" + p.layout.cert("root"),
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p.layout.cert("tokens"),
		"--service-account-signing-key-file=" + p.layout.key("tokens"),
		"--service-cluster-ip-range=" + p.options.ServiceRange,
		// Else creating Services is the bottleneck of a load test.
		"--feature-gates=DisableAllocatorDualWrite=true",
		"--allow-privileged=true",
	}
	if p.real() {
		args = append(args, p.realNodeFlags()...)
	} else {
		// Nothing but loopback reaches this server, and a loopback address is
		// refused as an endpoint of the Service "kubernetes".
		args = append(args, "--endpoint-reconciler-type=none")
	}
	if p.options.Audit {
		args = append(args,
			"--audit-policy-file="+p.layout.auditPolicy(),
			"--audit-log-path="+p.layout.auditLog(),
			"--audit-log-maxsize=10240",
		)
	}
	if p.options.Bench {
		args = append(args, "--max-requests-inflight=4000", "--max-mutating-requests-inflight=2000")
	}
	return component{name: "kube-apiserver", args: args}
}

// realNodeFlags let the API server speak to kubelets, and to API servers in pods.
// It is in no pod itself, so it asks the pods of a Service, not its ClusterIP.
func (p plan) realNodeFlags() []string {
	return []string{
		"--advertise-address=" + p.host(),
		"--kubelet-client-certificate=" + p.layout.cert("kubelet-client"),
		"--kubelet-client-key=" + p.layout.key("kubelet-client"),
		"--kubelet-preferred-address-types=InternalIP",
		"--enable-aggregator-routing=true",
		"--proxy-client-cert-file=" + p.layout.cert("front-proxy"),
		"--proxy-client-key-file=" + p.layout.key("front-proxy"),
		"--requestheader-client-ca-file=" + p.layout.cert("front-proxy-root"),
		"--requestheader-allowed-names=" + frontProxy.name,
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
	}
}

// controllerManager lifts the client limits that would be a load test's
// bottleneck long before an operator is.
func (p plan) controllerManager() component {
	config := p.layout.kubeconfig("kube-controller-manager")
	return component{name: "kube-controller-manager", args: []string{
		"--kubeconfig=" + config,
		"--authentication-kubeconfig=" + config,
		"--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", p.ports.controllerManager),
		"--tls-cert-file=" + p.layout.cert("server"),
		"--tls-private-key-file=" + p.layout.key("server"),
		"--leader-elect=false",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + p.layout.key("tokens"),
		"--root-ca-file=" + p.layout.cert("root"),
		"--cluster-signing-cert-file=" + p.layout.cert("root"),
		"--cluster-signing-key-file=" + p.layout.key("root"),
		"--kube-api-qps=2000",
		"--kube-api-burst=4000",
		"--concurrent-deployment-syncs=20",
		"--concurrent-replicaset-syncs=20",
		"--horizontal-pod-autoscaler-sync-period=5s",
	}}
}

func (p plan) scheduler() component {
	config := p.layout.kubeconfig("kube-scheduler")
	return component{name: "kube-scheduler", args: []string{
		"--kubeconfig=" + config,
		"--authentication-kubeconfig=" + config,
		"--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", p.ports.scheduler),
		"--tls-cert-file=" + p.layout.cert("server"),
		"--tls-private-key-file=" + p.layout.key("server"),
		"--leader-elect=false",
		"--kube-api-qps=2000",
		"--kube-api-burst=4000",
	}}
}

// kwok gets a home of its own, else it reads the user's.
func (p plan) kwok() component {
	return component{
		name: "kwok",
		args: []string{
			"--kubeconfig=" + p.layout.kubeconfig("kwok"),
			"--config=" + p.layout.kwokConfig(),
			"--manage-all-nodes",
			"--node-lease-duration-seconds=40",
			"--cidr=10.128.0.0/9",
			"--v=WARN",
		},
		env: []string{"KWOK_WORKDIR=" + p.layout.kwokHome()},
	}
}

// kwokParallelism is the number of stages kwok plays at the same time.
func (p plan) kwokParallelism() int {
	if p.options.Bench {
		return 64
	}
	return 16
}
