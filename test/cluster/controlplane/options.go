package controlplane

import (
	"fmt"
	"net/netip"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// Options says what cluster to start. The zero value is not usable; begin with
// [DefaultOptions].
type Options struct {
	// Binaries is the folder with the programs.
	Binaries string
	// Dir is the cluster's own folder: certificates, data, logs. It is created,
	// and removed by Stop.
	Dir string
	// Nodes is the number of simulated nodes.
	Nodes int
	// RealNodes is the number of real nodes. A cluster has nodes of one kind.
	RealNodes int
	// KubeletBinaries and NodeBinaries are the folders of the programs of real
	// nodes: Kubernetes' own, and all others.
	KubeletBinaries, NodeBinaries string
	// Audit writes an audit log, one line for each finished request.
	Audit bool
	// Bench lifts the limits that get in the way of a load test: requests in
	// flight at the API server, parallel stages in kwok.
	Bench bool
	// ServiceRange is the network of the ClusterIPs.
	ServiceRange string
}

// DefaultOptions are three nodes and room for 65,000 Services.
func DefaultOptions() Options {
	return Options{Nodes: 3, ServiceRange: "10.96.0.0/16"}
}

func (o Options) validate() error {
	if o.Nodes < 0 || o.Nodes > 5000 {
		return fmt.Errorf("%d nodes: choose 0 to 5000", o.Nodes)
	}
	if o.RealNodes < 0 || o.RealNodes > realnode.MaxNodes {
		return fmt.Errorf("%d real nodes: choose 1 to %d", o.RealNodes, realnode.MaxNodes)
	}
	_, err := o.serviceNetwork()
	return err
}

// serviceNetwork parses ServiceRange.
func (o Options) serviceNetwork() (netip.Prefix, error) {
	network, err := netip.ParsePrefix(o.ServiceRange)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("service range %q: want a network such as 10.96.0.0/16", o.ServiceRange)
	}
	if !network.Addr().Is4() || network.Bits() < 12 || network.Bits() > 28 {
		return netip.Prefix{}, fmt.Errorf("service range %q: want IPv4 between /12 and /28", o.ServiceRange)
	}
	return network.Masked(), nil
}
