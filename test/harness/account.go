package harness

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const (
	// OperatorNamespace and OperatorAccount are whom the operator runs as where it
	// is installed.
	OperatorNamespace = "bowline-system"
	OperatorAccount   = "bowline-controller-manager"
	// OperatorUser is how the API server knows the two.
	OperatorUser = "system:serviceaccount:" + OperatorNamespace + ":" + OperatorAccount
)

// InstallAccount installs the operator's account and roles as a folder of the
// project has them, such as config/default, and returns a kubeconfig of that
// account: who runs the operator with it has the rights that it ships with, and
// no others. Its token is good for a day.
func (c *Cluster) InstallAccount(ctx context.Context, folder string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	rendered, err := c.Kubectl(ctx, "kustomize", filepath.Join(root, filepath.FromSlash(folder)))
	if err != nil {
		return "", err
	}
	manifests := filepath.Join(c.Dir, "operator-roles.yaml")
	if err := os.WriteFile(manifests, roles(rendered), 0o600); err != nil {
		return "", err
	}
	if _, err := c.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", manifests); err != nil {
		return "", err
	}
	if err := c.awaitRights(ctx, strings.Contains(rendered, "name: bowline-servicebinding-role\n")); err != nil {
		return "", fmt.Errorf("wait for the rights of %s: %w", folder, err)
	}
	return c.accountKubeconfig(ctx)
}

// roles returns of manifests what says who may do what, and what the operator
// fills in.
func roles(rendered string) []byte {
	kinds := []string{"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "MutatingWebhookConfiguration"}
	var out [][]byte
	for document := range strings.SplitSeq(rendered, "\n---\n") {
		var head struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &head); err == nil && slices.Contains(kinds, head.Kind) {
			out = append(out, []byte(document))
		}
	}
	return bytes.Join(out, []byte("\n---\n"))
}

// awaitRights waits until the API server knows of one right of each kind of role:
// bound, in a namespace, and filled in by the control plane.
func (c *Cluster) awaitRights(ctx context.Context, bindings bool) error {
	api, err := c.Client()
	if err != nil {
		return err
	}
	rights := []authorizationv1.ResourceAttributes{
		{Verb: "list", Group: "bowline.dev", Resource: "apps"},
		{Verb: "list", Resource: "nodes"},
		{Verb: "update", Group: "coordination.k8s.io", Resource: "leases", Namespace: OperatorNamespace},
	}
	if bindings {
		rights = append(rights,
			authorizationv1.ResourceAttributes{Verb: "list", Group: "servicebinding.io", Resource: "servicebindings"},
			authorizationv1.ResourceAttributes{Verb: "patch", Group: "apps", Resource: "statefulsets"})
	}
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		for _, right := range rights {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: OperatorUser, Groups: []string{"system:serviceaccounts", "system:authenticated"}, ResourceAttributes: &right,
			}}
			if err := api.Create(ctx, review, &client.CreateOptions{}); err != nil || !review.Status.Allowed {
				return false, err
			}
		}
		return true, nil
	})
}

func (c *Cluster) accountKubeconfig(ctx context.Context) (string, error) {
	token, err := c.Kubectl(ctx, "create", "token", "--namespace="+OperatorNamespace, OperatorAccount, "--duration=24h")
	if err != nil {
		return "", err
	}
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	if err != nil {
		return "", err
	}
	context := config.Contexts[config.CurrentContext]
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{context.AuthInfo: {Token: strings.TrimSpace(token)}}
	path := filepath.Join(c.Dir, "operator.kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}
