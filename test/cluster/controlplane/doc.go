// Package controlplane runs a Kubernetes cluster on loopback: a real etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler, and kwok, which
// plays the kubelets of simulated nodes. With real nodes, which package realnode
// runs, it is on the address that they and their pods reach.
//
// A [Cluster] promises that what it started ends with it: Stop ends every
// process by its id, the API server before etcd, and removes the folder; when
// the process that runs it is killed, the kernel (Linux) ends the children.
package controlplane
