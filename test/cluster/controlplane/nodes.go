package controlplane

import (
	"context"
	"fmt"
)

// node is as much of a Node as starting a cluster needs.
type node struct {
	APIVersion string   `json:"apiVersion,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Metadata   nodeMeta `json:"metadata"`
	Spec       nodeSpec `json:"spec,omitzero"`
	Status     struct {
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"status,omitzero"`
}

type nodeMeta struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
}

type nodeSpec struct {
	Taints []struct {
		Key string `json:"key"`
	} `json:"taints,omitempty"`
}

// newNode returns the i-th node, i from 1. Nodes are spread over three zones.
func newNode(i int) node {
	name := fmt.Sprintf("node-%d", i)
	return node{
		APIVersion: "v1",
		Kind:       "Node",
		Metadata: nodeMeta{Name: name, Labels: map[string]string{
			"kubernetes.io/arch":          "amd64",
			"kubernetes.io/hostname":      name,
			"kubernetes.io/os":            "linux",
			"topology.kubernetes.io/zone": fmt.Sprintf("zone-%c", 'a'+(i-1)%3),
		}},
	}
}

// usable says whether the scheduler places pods on the node.
func (n node) usable() bool {
	for _, condition := range n.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True" && len(n.Spec.Taints) == 0
		}
	}
	return false
}

func (c *Cluster) createNodes(ctx context.Context) error {
	for i := range c.plan.options.Nodes {
		if err := c.client.create(ctx, c.plan.apiServerURL()+"/api/v1/nodes", newNode(i+1)); err != nil {
			return fmt.Errorf("create a simulated node: %w", err)
		}
	}
	return nil
}

func (c *Cluster) nodesUsable(ctx context.Context) error {
	var list struct {
		Items []node `json:"items"`
	}
	if err := c.client.get(ctx, c.plan.apiServerURL()+"/api/v1/nodes", &list); err != nil {
		return err
	}
	usable := 0
	for _, node := range list.Items {
		if node.usable() {
			usable++
		}
	}
	want := c.plan.options.Nodes
	if c.plan.real() {
		want = c.plan.options.RealNodes
	}
	if usable < want {
		return fmt.Errorf("%d of %d nodes are Ready and without taints", usable, want)
	}
	return nil
}
