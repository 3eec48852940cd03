// Package realnode runs real Kubernetes nodes on one Linux machine: each is a
// containerd, a kubelet and a kube-proxy in namespaces of their own.
//
//	host     bridge bowline-N, 10.N.0.1: API server, image registries
//	node i   10.N.0.(10+i), pods in 10.N.(128+i).0/24
//
// What a node does to its machine stays inside its namespaces:
//
//	processes   its first process is [Init]; when that ends the kernel ends all
//	            others, containers and their shims included
//	mounts      are its own and end with it; /run is new, /var/lib and /var/log
//	            are in the cluster's folder
//	network     its interfaces, routes and iptables rules
//
// What is left to clear away is a bridge, for each node a network namespace with
// a name, and cgroups. A [Footprint] in the cluster's folder names them before
// they are made, so that they are found after a SIGKILL, too.
package realnode
