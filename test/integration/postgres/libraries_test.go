package postgres_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Two bindings of a workload: a database as it is, and a queue whose Secret
// says neither of which type nor of whom it is, so that the binding does.
var _ = Describe("What is projected", func() {
	queue := map[string][]byte{"host": []byte("queue.example"), "port": []byte("5672"), "username": []byte("shop"), "password": []byte(password("queue"))}

	provide := func(s *Scene) {
		GinkgoHelper()
		s.Provision(password("three"))
		s.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "queue-credentials"}, Data: queue})
	}
	ofApp := func(s *Scene) *Container {
		GinkgoHelper()
		provide(s)
		s.App(ordersDB(v1alpha1.PolicyLive), v1alpha1.BindingSpec{
			Name: "queue", ServiceRef: v1alpha1.ServiceReference{APIVersion: "v1", Kind: "Secret", Name: "queue-credentials"},
			Type: "rabbitmq", Provider: "acme",
		})
		return s.Start(s.RestsOn("1"), "app")
	}
	ofDeployment := func(s *Scene) *Container {
		GinkgoHelper()
		provide(s)
		s.bindDeployment("orders-db", servicebindingv1.ServiceBindingSpec{
			Service: servicebindingv1.ServiceBindingServiceReference{APIVersion: "db.example.com/v1", Kind: "Postgres", Name: "orders"},
		})
		s.bindDeployment("queue", servicebindingv1.ServiceBindingSpec{
			Service: servicebindingv1.ServiceBindingServiceReference{APIVersion: "v1", Kind: "Secret", Name: "queue-credentials"},
			Type:    "rabbitmq", Provider: "acme",
		})
		return s.Start(s.deployment(), "app")
	}
	// want is what a library finds: entries by the name of the binding.
	want := func(s *Scene) map[string]map[string]string {
		all := map[string]map[string]string{"orders-db": {}, "queue": {"type": "rabbitmq", "provider": "acme"}}
		for key, value := range s.credentials(password("three")) {
			all["orders-db"][key] = string(value)
		}
		for key, value := range queue {
			all["queue"][key] = string(value)
		}
		return all
	}

	DescribeTable("is found by libraries for Node.js", func(ctx SpecContext, bound func(*Scene) *Container) {
		s := newScene(ctx)
		said := bound(s).Run(ctx, node, filepath.Join(libraries, "read.js"))
		var found struct {
			All                  map[string]map[string]string
			PostgreSQL, OfDebian []string
			PG, Rhea             map[string]string
		}
		Expect(json.Unmarshal([]byte(said), &found)).To(Succeed(), said)
		all := want(s)
		Expect(found.All).To(Equal(all))
		Expect(found.PostgreSQL).To(Equal([]string{"orders-db"}))
		Expect(found.OfDebian).To(Equal([]string{"orders-db"}))
		// What the drivers call these.
		Expect(found.PG).To(Equal(map[string]string{
			"type": "postgresql", "provider": "debian", "uri": all["orders-db"]["uri"],
			"host": database.Host, "port": database.Port, "database": s.Namespace, "user": s.Namespace, "password": password("three"),
		}))
		Expect(found.Rhea).To(Equal(all["queue"]))
	},
		Entry("in an App", ofApp),
		Entry("in a Deployment with ServiceBindings", ofDeployment),
	)

	DescribeTable("keeps the rules of the libraries for the JVM", func(ctx SpecContext, bound func(*Scene) *Container) {
		s := newScene(ctx)
		found, err := readAsJVM(bound(s).bindings())
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(Equal(want(s)))
	},
		Entry("in an App", ofApp),
		Entry("in a Deployment with ServiceBindings", ofDeployment),
	)

	It("lets a program of a Deployment with ServiceBindings connect to PostgreSQL, and follow its password", func(ctx SpecContext) {
		s := newScene(ctx)
		container := ofDeployment(s)
		answer := s.Namespace + " finds 3 orders in " + s.Namespace
		Expect(container.Run(ctx, program, "files")).To(Equal(answer))
		Expect(container.Run(ctx, program, "uri")).To(Equal(answer))
		s.Rotate(password("four"))
		Expect(container.Run(ctx, program, "files")).To(HavePrefix("exit status 1: client: connect: password authentication failed"))
		container.Sync()
		Expect(container.Run(ctx, program, "files")).To(Equal(answer))
		Expect(container.Run(ctx, program, "uri")).To(Equal(answer))
	})
})

// readAsJVM reads bindings by the rules of Spring Cloud Bindings and of Quarkus:
// each folder in the root is a binding, each of its files an entry, what is
// hidden does not count, and a binding without a type ends the program. It does
// not tolerate what they would pass over.
func readAsJVM(root string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		within, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name, key, nested := strings.Cut(within, "/")
		info, err := os.Stat(path) // what a link leads to
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(key, "..") && info.IsDir():
			return skipped(path) // where a kubelet keeps the files
		case strings.HasPrefix(filepath.Base(path), "."):
			return fmt.Errorf("%s is hidden", within)
		case !nested && info.IsDir():
			all[name] = map[string]string{}
			return nil
		case !nested || !info.Mode().IsRegular():
			return fmt.Errorf("%s is neither a binding nor an entry of one", within)
		}
		content, err := os.ReadFile(path)
		all[name][key] = strings.TrimSpace(string(content))
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, entries := range all {
		if entries["type"] == "" {
			return nil, fmt.Errorf("the binding %s has no type", name)
		}
	}
	return all, nil
}

// skipped keeps a walk from entering a folder; a link is not entered anyway.
func skipped(path string) error {
	if info, err := os.Lstat(path); err != nil || !info.IsDir() {
		return err
	}
	return fs.SkipDir
}

// bindDeployment creates a ServiceBinding of the Deployment shop.
func (s *Scene) bindDeployment(name string, spec servicebindingv1.ServiceBindingSpec) {
	GinkgoHelper()
	spec.Workload = servicebindingv1.ServiceBindingWorkloadReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"}
	s.create(&servicebindingv1.ServiceBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec})
}

// deployment creates the Deployment shop, waits until all its ServiceBindings
// are ready and its one pod runs the newest template, and returns the pod.
func (s *Scene) deployment() *corev1.Pod {
	GinkgoHelper()
	labels := map[string]string{"app": "shop"}
	s.create(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "shop"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}, TerminationGracePeriodSeconds: new(int64)},
			},
		},
	})
	var pods []corev1.Pod
	Eventually(func(g Gomega) {
		bindings := &servicebindingv1.ServiceBindingList{}
		g.Expect(api.List(s.ctx, bindings, client.InNamespace(s.Namespace))).To(Succeed())
		for _, b := range bindings.Items {
			g.Expect(meta.IsStatusConditionTrue(b.Status.Conditions, servicebindingv1.ConditionReady)).To(BeTrue(), "%s: %v", b.Name, b.Status.Conditions)
		}
		d := &appsv1.Deployment{}
		g.Expect(api.Get(s.ctx, s.key("shop"), d)).To(Succeed())
		g.Expect(d.Status.ObservedGeneration).To(Equal(d.Generation))
		g.Expect([]int32{d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.AvailableReplicas}).To(Equal([]int32{1, 1, 1}))
		pods = s.pods(labels)
		g.Expect(pods).To(HaveLen(1))
	}).WithContext(s.ctx).WithTimeout(rollout).WithPolling(100 * time.Millisecond).Should(Succeed())
	return &pods[0]
}
