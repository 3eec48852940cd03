package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
	"github.com/bowline-dev/bowline/test/cluster/images"
	"github.com/bowline-dev/bowline/test/cluster/realnode"
	"github.com/bowline-dev/bowline/test/cluster/registries"
)

// needRealNodes skips a test where real nodes cannot be, and says what is missing:
// namespaces and mounts are root's alone. Where they can be, .ci/run installs what
// they need, so that it skips none.
func needRealNodes(t *testing.T) {
	t.Helper()
	if err := realnode.Check(); err != nil {
		t.Skip(err)
	}
}

// otherCluster finds the number of a cluster in its names and addresses.
var otherCluster = regexp.MustCompile(`\bbowline-(\d+)|\b10\.(2\d\d)\.`)

// traces is what real nodes could leave on their machine, without what belongs to
// clusters of other tests: those with another number than ours.
func traces(t *testing.T, ours string) map[string][]string {
	t.Helper()
	output := func(command string, args ...string) []string {
		out, err := exec.Command(command, args...).Output()
		if err != nil {
			t.Fatalf("%s %v: %v", command, args, err)
		}
		return slices.Sorted(strings.Lines(string(out)))
	}
	found := map[string][]string{
		"links":      output("ip", "-o", "link", "show"),
		"routes":     output("ip", "-o", "route", "show", "table", "all"),
		"namespaces": output("ip", "netns", "list"),
		"rules":      output("iptables", "--list-rules"),
		"NAT rules":  output("iptables", "--table=nat", "--list-rules"),
		"mounts":     mounts(t),
		"cgroups":    folders(t, "/sys/fs/cgroup", 100),
		"/run":       folders(t, "/run", 1),
		"/var/lib":   folders(t, "/var/lib", 1),
		"/opt":       folders(t, "/opt", 1),
	}
	for _, setting := range []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward"} {
		value, err := os.ReadFile("/proc/sys/" + setting)
		if err != nil {
			t.Fatal(err)
		}
		found["settings"] = append(found["settings"], setting+" "+string(value))
	}
	for what, lines := range found {
		found[what] = slices.DeleteFunc(lines, func(line string) bool {
			return slices.ContainsFunc(otherCluster.FindAllStringSubmatch(line, -1), func(match []string) bool {
				return match[1]+match[2] != ours
			})
		})
	}
	return found
}

func mounts(t *testing.T) (found []string) {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		found = append(found, strings.Fields(line)[4])
	}
	slices.Sort(found)
	return found
}

// number returns the number of the cluster in dir.
func number(t *testing.T, dir string) string {
	t.Helper()
	var footprint struct {
		Number int `json:"number"`
	}
	raw, err := os.ReadFile(filepath.Join(dir, "footprint.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &footprint); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(footprint.Number)
}

// processNamespaces are those of the nodes of the cluster in dir, whose first
// processes are called with a file there.
func processNamespaces(t *testing.T, dir string) (namespaces []string) {
	t.Helper()
	forEachProcess(t, func(folder, namespace string) {
		called, _ := os.ReadFile(folder + "/cmdline")
		words := strings.Split(string(called), "\x00")
		if len(words) > 2 && words[1] == "node" && strings.HasPrefix(words[2], dir+"/") {
			namespaces = append(namespaces, namespace)
		}
	})
	if len(namespaces) == 0 {
		t.Fatalf("no node of the cluster in %s runs", dir)
	}
	return namespaces
}

func forEachProcess(t *testing.T, do func(folder, namespace string)) {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if namespace, err := os.Readlink(folder + "/ns/pid"); err == nil { // else it has ended
			do(folder, namespace)
		}
	}
}

func folders(t *testing.T, root string, depth int) (found []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.IsDir() {
			return err
		}
		found = append(found, path)
		if strings.Count(strings.TrimPrefix(path, root), "/") >= depth {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wantNoTraces asserts that the machine is as it was before, and that nothing
// runs in the namespaces of the cluster with that number.
func wantNoTraces(t *testing.T, before map[string][]string, ours string, namespaces []string) {
	t.Helper()
	after := traces(t, ours)
	for what := range before {
		if !slices.Equal(before[what], after[what]) {
			t.Errorf("%s were %q\nand are %q", what, before[what], after[what])
		}
	}
	// The kernel ends them, when the supervisor could not, and takes its time.
	eventually(t, "no program of a node runs", 10*time.Second, func() bool {
		running := 0
		forEachProcess(t, func(folder, namespace string) {
			_, err := os.Readlink(folder + "/exe") // one that has ended has none
			if err == nil && slices.Contains(namespaces, namespace) {
				running++
			}
		})
		return running == 0
	})
}

// probe is an image of the program in testdata.
func probe(t *testing.T) v1.Image {
	t.Helper()
	program := filepath.Join(t.TempDir(), "probe")
	build := exec.Command("go", "build", "-o", program, "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	image, err := images.FromProgram(program)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// push puts the image into a registry and returns its name.
func push(t *testing.T, image v1.Image, to registries.Registry) string {
	t.Helper()
	tag, err := name.NewTag(to.Address + "/probe:test")
	if err != nil {
		t.Fatal(err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Username: to.Username, Password: to.Password})
	if err := remote.Write(tag, image, remote.WithAuth(auth)); err != nil {
		t.Fatal(err)
	}
	return tag.Name()
}

// oneOnEachNode is a Deployment of two pods that answer as Service hello, with an
// HPA; podNamed is a pod of its own.
const oneOnEachNode = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec:
      terminationGracePeriodSeconds: 0
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: hello}}}
      containers:
      - name: probe
        image: IMAGE
        args: [serve]
        resources: {requests: {cpu: 50m}}
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec: {selector: {app: hello}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hello}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hello}
  minReplicas: 2
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 90}}}]
`

const podNamed = `
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  imagePullSecrets: [SECRET]
  containers:
  - name: probe
    image: IMAGE
    args: [ARGS]
    resources: {limits: {memory: 64Mi}}
`

// get reads one field of an object, or nothing.
func get(t *testing.T, cluster controlplane.Record, object, path string) string {
	t.Helper()
	output, err := kubectlCommand(t.Context(), cluster, "get", object, "--output=jsonpath="+path).Output()
	if err != nil {
		return ""
	}
	return string(output)
}

func TestRealNodes(t *testing.T) {
	needRealNodes(t)
	before := traces(t, "")
	cluster := start(t, "--nodes=real")
	ours, namespaces := number(t, cluster.Dir), processNamespaces(t, cluster.Dir)
	image := probe(t)
	public, private := push(t, image, cluster.Registries.Public), push(t, image, cluster.Registries.Private)

	t.Run("two nodes", func(t *testing.T) { wantTwoNodes(t, cluster.Record) })
	kubectl(t, cluster.Record, strings.ReplaceAll(oneOnEachNode, "IMAGE", public), "apply", "-f", "-")
	kubectl(t, cluster.Record, "", "rollout", "status", "deployment/hello", "--timeout=60s")
	t.Run("pods and Services", func(t *testing.T) { wantService(t, cluster.Record) })
	t.Run("private images", func(t *testing.T) { wantPullSecret(t, cluster.Record, private) })
	t.Run("memory", func(t *testing.T) { wantOOMKill(t, cluster.Record, public) })
	t.Run("a stopped kubelet", func(t *testing.T) { wantStoppedKubelet(t, cluster) })
	t.Run("metrics", func(t *testing.T) { wantMetrics(t, cluster.Record) })

	_ = cluster.stdin.Close()
	if err := cluster.wait(); err != nil {
		t.Errorf("the cluster ended with %v", err)
	}
	if _, err := os.Stat(cluster.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder %s is still there (%v)", cluster.Dir, err)
	}
	wantNoTraces(t, before, ours, namespaces)
}

func wantTwoNodes(t *testing.T, cluster controlplane.Record) {
	ready := kubectl(t, cluster, "", "get", "nodes", `--output=jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`)
	if ready != "node-1 True\nnode-2 True\n" {
		t.Errorf("got %q", ready)
	}
	if !cluster.RealNodes || len(cluster.Nodes) != 2 {
		t.Fatalf("the record has the nodes %+v", cluster.Nodes)
	}
	for _, node := range cluster.Nodes {
		if !alive(node.KubeletPID) || !alive(node.ContainerdPID) {
			t.Errorf("kubelet or containerd does not run: %+v", node)
		}
		if connection, err := net.Dial("unix", node.ContainerdSocket); err != nil {
			t.Errorf("containerd of %s: %v", node.Name, err)
		} else {
			_ = connection.Close()
		}
	}
	endpoint := kubectl(t, cluster, "", "get", "endpointslices", "--selector=kubernetes.io/service-name=kubernetes", "--output=jsonpath={.items[*].endpoints[*].addresses[*]}")
	if !strings.HasPrefix(endpoint, "10.") {
		t.Errorf("the Service kubernetes has the endpoints %q", endpoint)
	}
}

// wantService asserts that there is a pod on each node, that each reaches both by
// the Service's name, and that this machine and a node reach them, too.
func wantService(t *testing.T, cluster controlplane.Record) {
	pods := strings.Fields(kubectl(t, cluster, "", "get", "pods", "--selector=app=hello", "--output=jsonpath={.items[*].metadata.name}"))
	var placed []string
	for _, pod := range pods {
		placed = append(placed, get(t, cluster, "pod/"+pod, "{.spec.nodeName}"))
		if log := kubectl(t, cluster, "", "logs", pod); log != "serving\n" {
			t.Errorf("the log of %s is %q", pod, log)
		}
		for _, to := range pods {
			eventually(t, pod+" reaches "+to+" through the Service", 20*time.Second, func() bool {
				answer, _ := kubectlCommand(t.Context(), cluster, "exec", pod, "--", "/probe", "get", "http://hello.default.svc.cluster.local").Output()
				return string(answer) == "hello from "+to
			})
		}
		response, err := http.Get("http://" + get(t, cluster, "pod/"+pod, "{.status.podIP}") + ":8080")
		if err != nil {
			t.Errorf("this machine does not reach %s: %v", pod, err)
			continue
		}
		_ = response.Body.Close()
	}
	if slices.Sort(placed); !slices.Equal(placed, []string{"node-1", "node-2"}) {
		t.Errorf("the pods are on %v", placed)
	}
	clusterIP := get(t, cluster, "service/hello", "{.spec.clusterIP}")
	address := "/dev/tcp/" + clusterIP + "/80"
	if output, err := exec.Command("ip", "netns", "exec", cluster.Nodes[0].Netns, "bash", "-c", "exec 3<>"+address).CombinedOutput(); err != nil {
		t.Errorf("a node does not reach the ClusterIP: %v\n%s", err, output)
	}
	if output, err := kubectlCommand(t.Context(), cluster, "exec", pods[0], "--", "/probe", "get", "http://elsewhere.example").CombinedOutput(); err == nil || !strings.Contains(string(output), "no such host") {
		t.Errorf("a name outside the cluster: %v, %s", err, output)
	}
}

func createPod(t *testing.T, cluster controlplane.Record, name, image, secret, args string) {
	t.Helper()
	kubectl(t, cluster, strings.NewReplacer("NAME", name, "IMAGE", image, "SECRET", secret, "ARGS", args).Replace(podNamed), "apply", "-f", "-")
}

func wantPullSecret(t *testing.T, cluster controlplane.Record, image string) {
	private := cluster.Registries.Private
	kubectl(t, cluster, "", "create", "secret", "docker-registry", "pull",
		"--docker-server="+private.Address, "--docker-username="+private.Username, "--docker-password="+private.Password)
	createPod(t, cluster, "without", image, "", "serve")
	createPod(t, cluster, "with", image, "{name: pull}", "serve")
	eventually(t, "the pod with the secret runs", time.Minute, func() bool {
		return get(t, cluster, "pod/with", "{.status.phase}") == "Running"
	})
	eventually(t, "the pod without is refused", time.Minute, func() bool {
		message := kubectl(t, cluster, "", "get", "events", "--field-selector=involvedObject.name=without,reason=Failed", "--output=jsonpath={.items[*].message}")
		return strings.Contains(message, "401 Unauthorized") || strings.Contains(message, "no basic auth credentials")
	})
}

func wantOOMKill(t *testing.T, cluster controlplane.Record, image string) {
	createPod(t, cluster, "eater", image, "", "eat")
	eventually(t, "the pod is killed for its memory", time.Minute, func() bool {
		return get(t, cluster, "pod/eater", "{.status.containerStatuses[0].state.terminated.reason}") == "OOMKilled"
	})
}

// wantStoppedKubelet asserts that a kubelet that is stopped is no end of the
// cluster, and that it goes on.
func wantStoppedKubelet(t *testing.T, cluster *running) {
	kubelet := cluster.Nodes[1].KubeletPID
	renewed := func() string {
		return kubectl(t, cluster.Record, "", "get", "lease/node-2", "--namespace=kube-node-lease", "--output=jsonpath={.spec.renewTime}")
	}
	if err := syscall.Kill(kubelet, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	last := renewed()
	if err := syscall.Kill(kubelet, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the kubelet renews its lease", 30*time.Second, func() bool { return renewed() != last })
}

func wantMetrics(t *testing.T, cluster controlplane.Record) {
	if top := kubectl(t, cluster, "", "top", "nodes", "--no-headers"); strings.Count(top, "\n") != 2 {
		t.Errorf("got %s", top)
	}
	eventually(t, "the HPA knows what its pods use", time.Minute, func() bool {
		return get(t, cluster, "hpa/hello", "{.status.currentMetrics[0].resource.current.averageUtilization}") != ""
	})
}

// What a killed supervisor leaves is removed by the next command that is given
// the folder; a start that is interrupted leaves nothing.
func TestRealNodesLeaveNothing(t *testing.T) {
	needRealNodes(t)
	before := traces(t, "")
	dir := filepath.Join(t.TempDir(), "cluster")
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			process := exec.Command(command, "up", "--nodes=real:1", "--dir="+dir)
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the kubelet starts", time.Minute, func() bool {
				_, err := os.Stat(filepath.Join(dir, "logs", "node-1-kubelet.log"))
				return err == nil
			})
			ours, namespaces := number(t, dir), processNamespaces(t, dir)
			if err := process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := process.Wait(); err == nil {
				t.Error("it ended as if all was well")
			}
			if signal == syscall.SIGKILL {
				if output, err := exec.Command(command, "down", "--dir="+dir).CombinedOutput(); err != nil {
					t.Fatalf("down: %v\n%s", err, output)
				}
			}
			wantNoTraces(t, before, ours, namespaces)
		})
	}
}

// The names are those that other modules read.
func TestRealNodesInTheRecord(t *testing.T) {
	raw := []byte(`{"realNodes":true,"nodes":[{"name":"node-1","kubeletPID":7,"containerdSocket":"/s"}],"registries":{"private":{"address":"a:1","username":"u","password":"p"}}}`)
	var record controlplane.Record
	if err := json.Unmarshal(raw, &record); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%v %+v %+v", record.RealNodes, record.Nodes, *record.Registries)
	want := "true [{Name:node-1 Address: Netns: KubeletPID:7 ContainerdPID:0 ContainerdSocket:/s}] {Public:{Address: Username: Password:} Private:{Address:a:1 Username:u Password:p}}"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
