package install_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// process is the operator as it is installed, but as a process.
type process struct {
	*harness.Operator
	log lockedBuffer
}

// lockedBuffer is written and read at the same time.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// start starts the operator with the arguments of the Deployment that is
// installed, and others: addresses that are free here, and the namespace that a
// pod would know by itself. It runs from spec to spec, until somebody stops it.
func start(ctx context.Context, kubeconfig string, args ...string) *process {
	GinkgoHelper()
	deployment := &appsv1.Deployment{}
	Expect(api.Get(ctx, client.ObjectKey{Namespace: harness.OperatorNamespace, Name: "bowline-controller-manager"}, deployment)).To(Succeed())
	installed := slices.DeleteFunc(slices.Clone(deployment.Spec.Template.Spec.Containers[0].Args), func(arg string) bool {
		return strings.Contains(arg, "-bind-address=")
	})
	args = append(append(installed, "--leader-election-namespace="+harness.OperatorNamespace), args...)
	p := &process{}
	var err error
	p.Operator, err = harness.StartOperator(ctx, harness.OperatorOptions{Binary: binary, Kubeconfig: kubeconfig, Args: args, Log: &p.log})
	Expect(err).NotTo(HaveOccurred())
	return p
}

// content checks that the operator has met nothing worth telling.
func (p *process) content() {
	GinkgoHelper()
	Consistently(p.Ended(), "100ms").ShouldNot(BeClosed(), "the operator ended by itself: %v", p.Err())
	Expect(p.log.String()).NotTo(Or(ContainSubstring(`"level":"error"`), ContainSubstring("orbidden"), ContainSubstring("Failed to watch")))
}

// everywhere are rights by which one knows that the operator's are installed for
// all namespaces.
var everywhere = []authorizationv1.ResourceAttributes{
	{Verb: "list", Group: "bowline.dev", Resource: "apps"},
	{Verb: "list", Resource: "nodes"},
	{Verb: "update", Group: "coordination.k8s.io", Resource: "leases", Namespace: harness.OperatorNamespace},
	{Verb: "create", Group: "authentication.k8s.io", Resource: "tokenreviews"},
}

// within are those of an operator for some namespaces.
func within(namespaces ...string) []authorizationv1.ResourceAttributes {
	rights := []authorizationv1.ResourceAttributes{{Verb: "update", Group: "coordination.k8s.io", Resource: "leases", Namespace: harness.OperatorNamespace}}
	for _, namespace := range namespaces {
		rights = append(rights, authorizationv1.ResourceAttributes{Verb: "list", Group: "bowline.dev", Resource: "apps", Namespace: namespace})
	}
	return rights
}

func account(ctx context.Context, rights []authorizationv1.ResourceAttributes) string {
	GinkgoHelper()
	kubeconfig, err := cluster.Account(ctx, rights...)
	Expect(err).NotTo(HaveOccurred())
	return kubeconfig
}

// apply makes an App in a namespace, and the namespace.
func apply(ctx context.Context, namespace, name string, change func(*v1alpha1.AppSpec)) {
	GinkgoHelper()
	err := api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	Expect(client.IgnoreAlreadyExists(err)).To(Succeed())
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	app.Spec.Image, app.Spec.Ports = "registry.example/"+name+":1", []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
	app.Spec.Config.Data = map[string]v1alpha1.ConfigValue{"GREETING": "hello"}
	app.Spec.Rollout.BakeSeconds = ptr.To[int32](0)
	if change != nil {
		change(&app.Spec)
	}
	Expect(api.Create(ctx, app)).To(Succeed())
}

// becomes waits until an App is ready, or not, for a reason.
func becomes(ctx context.Context, namespace, name, reason string) {
	GinkgoHelper()
	Eventually(func() (string, error) {
		app := &v1alpha1.App{}
		if err := api.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, app); err != nil {
			return "", err
		}
		ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || app.Status.ObservedGeneration != app.Generation {
			return "", nil
		}
		return ready.Reason, nil
	}).WithContext(ctx).WithTimeout(rollout).WithPolling(200 * time.Millisecond).Should(Equal(reason))
}

// serving returns what runs of an App: the UIDs of its pods, all ready.
func serving(ctx context.Context, namespace, name string) []types.UID {
	GinkgoHelper()
	pods := &corev1.PodList{}
	Expect(api.List(ctx, pods, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelApp: name})).To(Succeed())
	var uids []types.UID
	for _, pod := range pods.Items {
		Expect(pod.DeletionTimestamp.IsZero()).To(BeTrue())
		Expect(pod.Status.Phase).To(Equal(corev1.PodRunning))
		uids = append(uids, pod.UID)
	}
	Expect(uids).NotTo(BeEmpty())
	slices.Sort(uids)
	return uids
}

// written returns what the operator has written in a namespace since a time,
// events aside.
func written(since time.Time, namespace string) []string {
	GinkgoHelper()
	file, err := os.Open(cluster.AuditLog)
	Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	var found []string
	for lines := bufio.NewReaderSize(file, 1<<20); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return found
		}
		var event struct {
			Verb     string    `json:"verb"`
			Received time.Time `json:"requestReceivedTimestamp"`
			User     struct {
				Name string `json:"username"`
			} `json:"user"`
			Object struct{ Resource, Namespace, Name string } `json:"objectRef"`
		}
		Expect(json.Unmarshal(line, &event)).To(Succeed())
		if event.User.Name == harness.OperatorUser && event.Object.Namespace == namespace && event.Received.After(since) &&
			!slices.Contains([]string{"get", "list", "watch"}, event.Verb) && event.Object.Resource != "events" {
			found = append(found, fmt.Sprintf("%s %s %s", event.Verb, event.Object.Resource, event.Object.Name))
		}
	}
}

// missing tells that an object does not exist.
func missing(ctx context.Context, object client.Object, namespace, name string) {
	GinkgoHelper()
	Expect(apierrors.IsNotFound(api.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, object))).To(BeTrue(), "%s exists", name)
}
