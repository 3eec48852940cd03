package controllers

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	restclient "k8s.io/client-go/rest"
	testclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/lru"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	webhookadmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
)

// admitting is a webhook in a cluster with objects.
func admitting(t *testing.T, objects ...client.Object) *atAdmission {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, servicebindingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithIndex(&servicebindingv1.ServiceBinding{}, workloadKindIndex, func(o client.Object) []string {
			return []string{workloadKind(o.(*servicebindingv1.ServiceBinding)).String()}
		}).Build()
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(appsv1.SchemeGroupVersion.WithKind("Deployment"), meta.RESTScopeNamespace)
	clk := testclock.NewFakePassiveClock(time.Unix(100, 0))
	all, err := kinds.New(&restclient.Config{}, &http.Client{}, mapper, clk, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newAtAdmission(&ServiceBindingReconciler{Cache: api, Live: api, Kinds: all, Clock: clk, keys: lru.New(10)})
}

// bindingOf is a ServiceBinding that the webhook may bind by, unless changed.
func bindingOf(name, secret string, change ...func(*servicebindingv1.ServiceBinding)) *servicebindingv1.ServiceBinding {
	b := &servicebindingv1.ServiceBinding{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "default", Finalizers: []string{servicebindingv1.FinalizerUnbind}, CreationTimestamp: metav1.Unix(50, 0),
	}}
	b.Spec.Service = servicebindingv1.ServiceBindingServiceReference{APIVersion: "v1", Kind: "Secret", Name: secret}
	b.Spec.Workload = servicebindingv1.ServiceBindingWorkloadReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"}
	for _, c := range change {
		c(b)
	}
	return b
}

func secretWith(name string, keys ...string) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Data: map[string][]byte{}}
	for _, key := range keys {
		secret.Data[key] = []byte("pa55word")
	}
	return secret
}

const shop = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"template":{"spec":{"containers":[{"name":"app"}]}}}}`

func creationOf(workload string) webhookadmission.Request {
	return webhookadmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "1", Namespace: "default", Kind: metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
		Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: []byte(workload)},
	}}
}

func TestAtAdmissionBindsWhatIsReadyAndHeld(t *testing.T) {
	named := func(name string) func(*servicebindingv1.ServiceBinding) {
		return func(b *servicebindingv1.ServiceBinding) { b.Spec.Name = name }
	}
	for name, c := range map[string]struct {
		bindings []*servicebindingv1.ServiceBinding
		want     []string
	}{
		"nothing": {nil, nil},
		"two":     {[]*servicebindingv1.ServiceBinding{bindingOf("b", "full"), bindingOf("a", "full")}, []string{"a", "b"}},
		"one that the controller has not seen": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "full", func(b *servicebindingv1.ServiceBinding) {
			b.Finalizers = nil
		})}, nil},
		"one that goes": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "full", func(b *servicebindingv1.ServiceBinding) {
			b.DeletionTimestamp = ptr.To(metav1.Unix(99, 0))
		})}, nil},
		"another workload's": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "full", func(b *servicebindingv1.ServiceBinding) {
			b.Spec.Workload.Name = "cart"
		})}, nil},
		"another namespace's": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "full", func(b *servicebindingv1.ServiceBinding) {
			b.Namespace = "other"
		})}, nil},
		"without a Secret, beside one with": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "nowhere"), bindingOf("b", "full")}, []string{"b"}},
		"with a Secret that has no type":    {[]*servicebindingv1.ServiceBinding{bindingOf("a", "empty")}, nil},
		"the older of two of one name": {[]*servicebindingv1.ServiceBinding{bindingOf("a", "full", named("db")), bindingOf("b", "full", named("db"), func(b *servicebindingv1.ServiceBinding) {
			b.CreationTimestamp = metav1.Unix(49, 0)
		})}, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := secretWith("full", "type", "password")
			elsewhere.Namespace = "other"
			objects := []client.Object{secretWith("full", "type", "password"), secretWith("empty", "password"), elsewhere}
			for _, b := range c.bindings {
				objects = append(objects, b)
			}
			a := admitting(t, objects...)
			text, err := a.answer(context.Background(), creationOf(shop))
			if err != nil {
				t.Fatal(err)
			}
			var after struct{ Metadata metav1.ObjectMeta }
			if text != nil {
				if err := json.Unmarshal(text, &after); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(c.want, binding.Keys(after.Metadata.Annotations)); text != nil && diff != "" || text == nil && c.want != nil {
				t.Errorf("bound %q (-want +got):\n%s", text, diff)
			}
			if len(a.reads.secrets.secrets) > 0 {
				t.Errorf("it waits for %v", a.reads.secrets.secrets)
			}
		})
	}
}

func TestAtAdmissionRefusesNothing(t *testing.T) {
	a := admitting(t, bindingOf("a", "full"), secretWith("full", "type"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx      context.Context //nolint:containedctx // the case is that it has ended
		workload string
		patched  bool
	}{
		"bound":             {t.Context(), shop, true},
		"what is no object": {t.Context(), `{"kind":7}`, false},
		"what cannot be bound": {t.Context(), `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"template":{"spec":
			{"containers":[{"name":"app","env":[{"name":"SERVICE_BINDING_ROOT","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}}}}`, false},
		"what has no containers": {ended, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"template":7}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			response := a.Handle(c.ctx, creationOf(c.workload))
			if !response.Allowed || len(response.Patches) > 0 != c.patched {
				t.Errorf("allowed %t with %v", response.Allowed, response.Patches)
			}
		})
	}
}

func TestAServiceBindingStaysForWhatIsInFlight(t *testing.T) {
	p := &bindingPass{ServiceBindingReconciler: &ServiceBindingReconciler{AtAdmission: true}, now: time.Unix(100, 0), object: bindingOf("a", "full")}
	p.object.UID = "1"
	at := func(seconds int64) time.Duration {
		p.now = time.Unix(seconds, 0)
		return p.settling()
	}
	if got := []time.Duration{at(100), at(101), at(104), at(200)}; !cmp.Equal(got, []time.Duration{4 * time.Second, 3 * time.Second, 0, 0}) {
		t.Errorf("stays for %s", got)
	}
	p.object.UID = "2"
	if got := at(200); got != 4*time.Second {
		t.Errorf("one of the same name stays for %s", got)
	}
	p.AtAdmission, p.object.UID = false, "3"
	if got := at(200); got != 0 {
		t.Errorf("without the webhook it stays for %s", got)
	}
}

func TestWebhookIsFoundByItsServiceOrItsURL(t *testing.T) {
	w := Webhook{Address: ":9443", Service: types.NamespacedName{Namespace: "bowline-system", Name: "bowline-webhook"}}
	want := admissionregistrationv1.WebhookClientConfig{CABundle: []byte("pem"), Service: &admissionregistrationv1.ServiceReference{
		Namespace: "bowline-system", Name: "bowline-webhook", Path: ptr.To("/bind"), Port: ptr.To(int32(443)),
	}}
	if diff := cmp.Diff(want, w.clientConfig([]byte("pem"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bowline-webhook.bowline-system.svc"}, w.hosts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.URL = "https://127.0.0.1:9443"
	if diff := cmp.Diff(admissionregistrationv1.WebhookClientConfig{CABundle: []byte("pem"), URL: ptr.To("https://127.0.0.1:9443/bind")}, w.clientConfig([]byte("pem"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"127.0.0.1"}, w.hosts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
