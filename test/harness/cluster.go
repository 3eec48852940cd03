package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Cluster is a running control plane with nodes, simulated ones unless real ones
// were asked for.
type Cluster struct {
	Kubeconfig string         `json:"kubeconfig"` // of an administrator
	Assets     string         `json:"assets"`     // the folder with kubectl
	AuditLog   string         `json:"auditLog"`   // one JSON line for each request, empty when not asked for
	Dir        string         `json:"dir"`
	PIDs       map[string]int `json:"pids"` // of its programs, by name

	RealNodes  bool       `json:"realNodes"`
	Nodes      []RealNode `json:"nodes"`      // only real ones
	Registries Registries `json:"registries"` // only with real nodes

	command *exec.Cmd
	stdin   io.Closer
}

// RealNode is a real node: a kubelet with containerd in namespaces of their own.
type RealNode struct {
	Name    string `json:"name"`
	Address string `json:"address"` // its InternalIP, which this machine reaches, as it reaches all pods
	Netns   string `json:"netns"`   // `ip netns exec NETNS` reaches ClusterIPs

	KubeletPID       int    `json:"kubeletPID"` // stopped by SIGSTOP it makes a lost node
	ContainerdPID    int    `json:"containerdPID"`
	ContainerdSocket string `json:"containerdSocket"`
}

// Registries are where real nodes find images. Both speak plain HTTP.
type Registries struct {
	Public  Registry `json:"public"`
	Private Registry `json:"private"`
}

// Registry is one of them: images that are pushed to Address/... are found there
// by nodes, in the private one by those who say the name and the password.
type Registry struct {
	Address  string `json:"address"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// ClusterOptions says which cluster to start.
type ClusterOptions struct {
	Nodes     int       // simulated ones, 0: the default
	RealNodes int       // real ones, instead of simulated ones; root on Linux only
	Audit     bool      // keep a log of all requests
	Bench     bool      // lift the control plane's limits on requests
	Log       io.Writer // gets progress and errors
}

// startTimeout leaves time for a first build of the programs.
const startTimeout = 30 * time.Minute

// Root returns the folder of the project.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "PROJECT")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("find the project: no folder above the working directory holds the file PROJECT")
		}
	}
}

// StartCluster starts a cluster. It ends with Stop, or when this process ends.
func StartCluster(ctx context.Context, o ClusterOptions) (*Cluster, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	binary, err := build(ctx, filepath.Join(root, "test", "cluster"), "bowline-cluster", o.Log)
	if err != nil {
		return nil, err
	}
	args := []string{"up", "--json", "--until-stdin-closes"}
	switch {
	case o.Nodes > 0 && o.RealNodes > 0:
		return nil, fmt.Errorf("%d simulated and %d real nodes: a cluster has nodes of one kind", o.Nodes, o.RealNodes)
	case o.Nodes > 0:
		args = append(args, "--nodes", strconv.Itoa(o.Nodes))
	case o.RealNodes > 0:
		args = append(args, "--nodes", "real:"+strconv.Itoa(o.RealNodes))
	}
	if o.Audit || os.Getenv(AuditFolder) != "" {
		args = append(args, "--audit")
	}
	if o.Bench {
		args = append(args, "--bench")
	}
	c := &Cluster{command: exec.Command(binary, args...)} //nolint:noctx // it outlives ctx and ends with Stop
	c.command.Dir = filepath.Join(root, "test", "cluster")
	c.command.Stderr = o.Log
	ownGroup(c.command)
	stdin, err := c.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	if err := c.await(ctx, stdout); err != nil {
		return nil, errors.Join(fmt.Errorf("start the cluster: %w", err), c.Stop())
	}
	return c, nil
}

// await reads the line by which the cluster says that it is healthy.
func (c *Cluster) await(ctx context.Context, stdout io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	read := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, c)
		}
		read <- err
	}()
	select {
	case err := <-read:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop ends the cluster and waits until nothing of it is left.
func (c *Cluster) Stop() error {
	saved := c.saveAudit()
	if err := c.stdin.Close(); err != nil {
		return fmt.Errorf("stop the cluster: %w", err)
	}
	if err := c.command.Wait(); err != nil {
		return fmt.Errorf("stop the cluster: %w", err)
	}
	return saved
}

// Config returns the configuration of a client with an administrator's rights
// and no limit on requests.
func (c *Cluster) Config() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Kubeconfig, err)
	}
	config.QPS = -1
	config.UserAgent = "bowline-test"
	return config, nil
}

// Scheme knows the kinds of Kubernetes, of Bowline and of service bindings.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, servicebindingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // the types are ours
		}
	}
	return scheme
}

// Client returns an uncached client with an administrator's rights that can
// watch.
func (c *Cluster) Client() (client.WithWatch, error) {
	config, err := c.Config()
	if err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{Scheme: Scheme()})
}

// Kubectl runs kubectl and returns what it printed on standard output. An error
// carries what it printed on standard error.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.Assets, "kubectl"), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig)
	out, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), fmt.Errorf("kubectl %v: %w: %s", args, err, exit.Stderr)
	}
	return string(out), err
}

// InstallCRDs installs the custom resource definitions and waits until they
// serve.
func (c *Cluster) InstallCRDs(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "config", "crd", "bases")
	if _, err := c.Kubectl(ctx, "apply", "-f", folder); err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "-f", folder)
	return err
}
