package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const image = "registry.example/shop:1"

// Scene is where a spec plays: a namespace, and on the server a role and a
// database that are called like it.
type Scene struct {
	ctx       context.Context //nolint:containedctx // a scene lives as long as its spec
	Namespace string
}

func newScene(ctx context.Context) *Scene {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "scene-"}}
	Expect(api.Create(ctx, namespace)).To(Succeed())
	return &Scene{ctx: ctx, Namespace: namespace.Name}
}

func (s *Scene) create(object client.Object) {
	GinkgoHelper()
	object.SetNamespace(s.Namespace)
	Expect(api.Create(s.ctx, object)).To(Succeed(), "create %T %s", object, object.GetName())
}

func (s *Scene) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.Namespace, Name: name}
}

func (s *Scene) secret(name string) map[string][]byte {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(api.Get(s.ctx, s.key(name), secret)).To(Succeed())
	return secret.Data
}

func (s *Scene) configMap(name string) map[string][]byte {
	GinkgoHelper()
	c := &corev1.ConfigMap{}
	Expect(api.Get(s.ctx, s.key(name), c)).To(Succeed())
	held := map[string][]byte{}
	for key, value := range c.Data {
		held[key] = []byte(value)
	}
	for key, value := range c.BinaryData {
		held[key] = value
	}
	return held
}

// password makes a password that is hard to handle.
func password(text string) string { return string(canary.Marks(text + ` '@:/?#%20"$(HOME)`)) }

// credentials are what a database hands out.
func (s *Scene) credentials(password string) map[string][]byte {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(s.Namespace, password),
		Host: database.Host + ":" + database.Port, Path: s.Namespace, RawQuery: "sslmode=disable",
	}
	return map[string][]byte{
		"type": []byte("postgresql"), "provider": []byte("debian"),
		"host": []byte(database.Host), "port": []byte(database.Port), "database": []byte(s.Namespace),
		"username": []byte(s.Namespace), "password": []byte(password), "uri": []byte(address.String()),
	}
}

// Provision does what an operator of databases does: a role that owns a
// database with some orders, a Secret, and the service orders, which hands the
// Secret out.
func (s *Scene) Provision(password string) {
	GinkgoHelper()
	Expect(database.Run(s.ctx, fmt.Sprintf(`
		CREATE ROLE %[1]s LOGIN PASSWORD %[2]s;
		CREATE DATABASE %[1]s OWNER %[1]s;
		\connect %[1]s
		SET ROLE %[1]s;
		CREATE TABLE orders (what text);
		INSERT INTO orders VALUES ('tea'), ('milk'), ('sugar');
	`, quoted(s.Namespace, `"`), quoted(password, `'`)))).To(Succeed())
	s.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "orders-credentials"}, Type: "servicebinding.io/postgresql", Data: s.credentials(password)})
	service := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "db.example.com/v1", "kind": "Postgres", "metadata": map[string]any{"name": "orders"},
		"spec": map[string]any{"version": "15"},
	}}
	s.create(service)
	handsOut := client.RawPatch(types.MergePatchType, []byte(`{"status":{"binding":{"name":"orders-credentials"}}}`))
	Expect(api.Status().Patch(s.ctx, service, handsOut)).To(Succeed())
}

// Rotate changes the password, on the server and in the Secret.
func (s *Scene) Rotate(password string) {
	GinkgoHelper()
	Expect(database.Run(s.ctx, fmt.Sprintf("ALTER ROLE %s PASSWORD %s", quoted(s.Namespace, `"`), quoted(password, `'`)))).To(Succeed())
	secret := &corev1.Secret{}
	Expect(api.Get(s.ctx, s.key("orders-credentials"), secret)).To(Succeed())
	secret.Data = s.credentials(password)
	Expect(api.Update(s.ctx, secret)).To(Succeed())
}

// quoted writes a name or a text for SQL.
func quoted(text, quote string) string {
	return quote + strings.ReplaceAll(text, quote, quote+quote) + quote
}

// App creates the App shop, with bindings.
func (s *Scene) App(bindings ...v1alpha1.BindingSpec) {
	GinkgoHelper()
	s.create(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: v1alpha1.AppSpec{
		WorkloadSpec: v1alpha1.WorkloadSpec{Image: image, Bindings: bindings},
		Replicas:     ptr.To[int32](2),
		Rollout:      v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](1)},
	}})
}

// RestsOn waits until all pods of the App shop are of a Release that has proved
// healthy, and returns one of them.
func (s *Scene) RestsOn(release string) *corev1.Pod {
	GinkgoHelper()
	Eventually(func() string {
		app := &v1alpha1.App{}
		Expect(api.Get(s.ctx, s.key("shop"), app)).To(Succeed())
		ready := ptr.Deref(meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady), metav1.Condition{})
		return fmt.Sprintf("%s %s (%s)", ready.Reason, app.Status.Release.LastHealthy, ready.Message)
	}).WithContext(s.ctx).WithTimeout(rollout).WithPolling(100 * time.Millisecond).Should(HavePrefix(v1alpha1.ReasonHealthy + " shop-" + release + " "))
	var pods []corev1.Pod
	Eventually(func() []string {
		pods = s.pods(client.MatchingLabels{v1alpha1.LabelApp: "shop"})
		of := []string{}
		for _, pod := range pods {
			of = append(of, pod.Labels[v1alpha1.LabelRelease])
		}
		return of
	}).WithContext(s.ctx).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(Equal([]string{release, release}))
	return &pods[0]
}

// pods returns the pods with some labels that are not going away.
func (s *Scene) pods(labels client.MatchingLabels) []corev1.Pod {
	GinkgoHelper()
	list := &corev1.PodList{}
	Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace), labels)).To(Succeed())
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
}

// Causes tells the Releases of the App shop as name and cause.
func (s *Scene) Causes() []string {
	GinkgoHelper()
	list := &v1alpha1.ReleaseList{}
	Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace))).To(Succeed())
	causes := []string{}
	for _, release := range list.Items {
		causes = append(causes, release.Name+" "+release.Spec.Cause)
	}
	slices.Sort(causes)
	return causes
}
