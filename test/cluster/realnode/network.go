package realnode

import (
	"fmt"
	"net/netip"
)

// Numbers of networks, the second byte of their addresses.
const (
	firstNetwork = 201
	lastNetwork  = 250
	// MaxNodes is how many nodes a network has room for.
	MaxNodes = 20
)

// Network says which names and addresses a cluster has. It does nothing.
type Network struct {
	// Number is its second byte: 10.Number.0.0/16.
	Number int `json:"number"`
}

// Name is the name of the bridge, of the cgroup, and how the names of all else
// begin.
func (n Network) Name() string { return fmt.Sprintf("bowline-%d", n.Number) }

// All are all addresses.
func (n Network) All() netip.Prefix { return netip.PrefixFrom(n.address(0, 0), 16) }

// Host is the address of the machine that the nodes are on.
func (n Network) Host() netip.Addr { return n.address(0, 1) }

// Pods are the addresses of all pods.
func (n Network) Pods() netip.Prefix { return netip.PrefixFrom(n.address(128, 0), 17) }

// Place is the i-th node's, i from 1.
func (n Network) Place(i int) Place {
	return Place{
		Name:      fmt.Sprintf("node-%d", i),
		Address:   n.address(0, byte(10+i)),
		Pods:      netip.PrefixFrom(n.address(byte(128+i), 0), 24),
		Namespace: fmt.Sprintf("%s-%d", n.Name(), i),
		Zone:      fmt.Sprintf("zone-%c", 'a'+(i-1)%3),
	}
}

// Places are those of the first nodes.
func (n Network) Places(nodes int) []Place {
	var places []Place
	for i := range nodes {
		places = append(places, n.Place(i+1))
	}
	return places
}

func (n Network) address(third, fourth byte) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n.Number), third, fourth})
}

// Place is where a node is.
type Place struct {
	// Name is the node's.
	Name string
	// Address is the node's InternalIP.
	Address netip.Addr
	// Pods are the addresses of its pods.
	Pods netip.Prefix
	// Namespace names its network namespace, and the end of its cable at the
	// bridge.
	Namespace string
	// Zone is the node's topology.kubernetes.io/zone.
	Zone string
}

// Enter returns how to start a program in a network namespace.
func Enter(namespace, program string, args []string) (string, []string) {
	return find("nsenter"), append([]string{"--net=" + namespaces + "/" + namespace, "--", program}, args...)
}
