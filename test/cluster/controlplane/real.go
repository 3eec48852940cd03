package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bowline-dev/bowline/test/cluster/images"
	"github.com/bowline-dev/bowline/test/cluster/realnode"
	"github.com/bowline-dev/bowline/test/cluster/registries"
)

// RealNode is a real node in the record of a cluster.
type RealNode struct {
	// Name is the Node's.
	Name string `json:"name"`
	// Address is its InternalIP, which this machine reaches, as it reaches its pods.
	Address string `json:"address"`
	// Netns is its network namespace: `ip netns exec NETNS` reaches ClusterIPs.
	Netns string `json:"netns"`
	// KubeletPID and ContainerdPID are processes on this machine. A kubelet that is
	// stopped by SIGSTOP makes a lost node, and SIGCONT brings it back.
	KubeletPID    int `json:"kubeletPID"`
	ContainerdPID int `json:"containerdPID"`
	// ContainerdSocket is where ctr finds containerd.
	ContainerdSocket string `json:"containerdSocket"`
}

// nameServer is the ClusterIP of the Service kube-dns.
func nameServer(services netip.Prefix) netip.Addr {
	address := services.Addr()
	for range 10 {
		address = address.Next()
	}
	return address
}

// reserve takes addresses for real nodes, and lays their cables.
func (c *Cluster) reserve() error {
	footprint, err := realnode.Reserve(string(c.plan.layout), c.plan.options.RealNodes)
	if err != nil {
		return err
	}
	c.plan.network = footprint.Network
	return footprint.Connect()
}

// serveImages starts the registries and puts into the public one what every node
// runs.
func (c *Cluster) serveImages() (names map[string]string, err error) {
	if c.registries, err = registries.Serve(c.plan.host()); err != nil {
		return nil, err
	}
	names = map[string]string{}
	for _, program := range []string{"pause", "coredns", "metrics-server"} {
		image, err := images.FromProgram(filepath.Join(c.plan.options.NodeBinaries, program))
		if err != nil {
			return nil, err
		}
		if names[program], err = c.registries.Push(image, "bowline/"+program+":test"); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// runRealNodes starts the first process of each node.
func (c *Cluster) runRealNodes(pause string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, place := range c.plan.places() {
		spec, err := c.plan.spec(place)
		if err != nil {
			return err
		}
		spec.Pause = pause
		spec.Registries = []string{c.registries.Public.Address, c.registries.Private.Address}
		file, err := spec.Save()
		if err != nil {
			return err
		}
		node := component{name: place.Name, program: self, args: []string{"node", file}, namespace: place.Namespace}
		if err := c.run(node); err != nil {
			return err
		}
	}
	return nil
}

// apply makes the objects of a YAML stream.
func (c *Cluster) apply(ctx context.Context, manifests []byte) error {
	kubectl := exec.CommandContext(ctx, filepath.Join(c.plan.options.Binaries, "kubectl"),
		"--kubeconfig="+c.plan.layout.kubeconfig("admin"), "--cache-dir="+c.plan.layout.path("kubectl"), "apply", "--server-side", "-f", "-")
	kubectl.Stdin = bytes.NewReader(manifests)
	if output, err := kubectl.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl apply: %w\n%s", err, output)
	}
	return nil
}

// awaitAddons waits until names are resolved and nodes are measured.
func (c *Cluster) awaitAddons(ctx context.Context) error {
	url := c.plan.apiServerURL()
	available := func(deployment string) func(context.Context) error {
		return func(ctx context.Context) error {
			var d struct {
				Status struct {
					AvailableReplicas int `json:"availableReplicas"`
				} `json:"status"`
			}
			if err := c.client.get(ctx, url+"/apis/apps/v1/namespaces/kube-system/deployments/"+deployment, &d); err != nil {
				return err
			}
			if d.Status.AvailableReplicas == 0 {
				return fmt.Errorf("the Deployment %s in kube-system is not available: look at its pods", deployment)
			}
			return nil
		}
	}
	measured := func(ctx context.Context) error {
		var list struct {
			Items []struct{} `json:"items"`
		}
		if err := c.client.get(ctx, url+"/apis/metrics.k8s.io/v1beta1/nodes", &list); err != nil {
			return err
		}
		if len(list.Items) < c.plan.options.RealNodes {
			return fmt.Errorf("%d of %d nodes are measured", len(list.Items), c.plan.options.RealNodes)
		}
		return nil
	}
	for _, probe := range []func(context.Context) error{available("coredns"), available("metrics-server"), measured} {
		if err := c.until(ctx, "node-1-kubelet", probe); err != nil {
			return err
		}
	}
	return nil
}

// findRealNodes learns the processes of the nodes.
func (c *Cluster) findRealNodes() error {
	c.realNodes = nil
	for _, place := range c.plan.places() {
		first := c.pid(place.Name)
		kubelet, errKubelet := realnode.Child(first, "kubelet")
		containerd, errContainerd := realnode.Child(first, "containerd")
		if err := errors.Join(errKubelet, errContainerd); err != nil {
			return err
		}
		c.realNodes = append(c.realNodes, RealNode{
			Name:             place.Name,
			Address:          place.Address.String(),
			Netns:            place.Namespace,
			KubeletPID:       kubelet,
			ContainerdPID:    containerd,
			ContainerdSocket: fmt.Sprintf("/proc/%d/root%s", containerd, realnode.Socket),
		})
	}
	return nil
}

func (c *Cluster) pid(name string) int {
	for _, child := range c.children {
		if child.name == name {
			return child.pid
		}
	}
	return 0
}

// places are those of the real nodes.
func (p plan) places() []realnode.Place { return p.network.Places(p.options.RealNodes) }

// spec is what a real node is told, but for images.
func (p plan) spec(place realnode.Place) (realnode.Spec, error) {
	services, err := p.options.serviceNetwork()
	if err != nil {
		return realnode.Spec{}, err
	}
	return realnode.Spec{
		Place:         place,
		Dir:           p.layout.path(place.Name),
		Logs:          filepath.Dir(p.layout.log(place.Name)),
		Kubelet:       p.options.KubeletBinaries,
		Programs:      p.options.NodeBinaries,
		Cgroup:        "/" + p.network.Name() + "/" + place.Name,
		AllPods:       p.network.Pods(),
		ClusterDNS:    nameServer(services),
		Root:          p.layout.cert("root"),
		KubeletConfig: p.layout.kubeconfig(place.Name),
		ProxyConfig:   p.layout.kubeconfig("kube-proxy"),
	}, nil
}
