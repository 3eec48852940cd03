package controlplane

import (
	"fmt"
	"net"
)

// ports are the loopback ports of one cluster.
type ports struct {
	etcd, etcdPeer, apiServer, controllerManager, scheduler int
}

// freePorts asks the kernel for ports nobody uses. All are held until the last
// is known, so that they differ.
func freePorts() (ports, error) {
	var p ports
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.controllerManager, &p.scheduler} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("find a free port on 127.0.0.1: %w", err)
		}
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}
