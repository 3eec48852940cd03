package render

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// adoptedInput is an App that took over a Deployment with a pod template.
func adoptedInput(template string) Input {
	ports := []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
	return Input{
		App: &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "default", UID: "1"}},
		Release: &v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
			App: "shop", Number: 4, Image: "shop:1", Adopted: &runtime.RawExtension{Raw: []byte(template)},
			Workload: v1alpha1.WorkloadSpec{Image: "shop:1", Ports: ports},
		}},
		Unnamed: true,
	}
}

// TestAdopted: what was taken over runs word for word, with the labels by which
// its pods are found.
func TestAdopted(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"without labels": {
			`{"metadata":{},"spec":{"containers":[{"name":"web","image":"shop:1"}]}}`,
			`{"metadata":{"labels":{"app.kubernetes.io/name":"shop","bowline.dev/app":"shop","bowline.dev/release":"4"}},"spec":{"containers":[{"name":"web","image":"shop:1"}]}}`,
		},
		"with a name that a selector may know": {
			`{"metadata":{"labels":{"app.kubernetes.io/name":"front"}},"spec":{"containers":[{"name":"web","image":"shop:1"}]}}`,
			`{"metadata":{"labels":{"app.kubernetes.io/name":"front","bowline.dev/app":"shop","bowline.dev/release":"4"}},"spec":{"containers":[{"name":"web","image":"shop:1"}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects, err := Render(adoptedInput(c.template))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(objects.Deployment.Spec.Template)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("the pod template (-want +got):\n%s", diff)
			}
			if got := *objects.Service.Spec.Ports[0].TargetPort; got != intstr.FromInt32(8080) {
				t.Errorf("the Service finds the port by %v, want 8080: the pods' ports may have no names", got.String())
			}
		})
	}

	_, err := Render(adoptedInput(`{"spec":[]}`))
	if want := "spec.adopted: json: cannot unmarshal array into Go struct field PodTemplateSpecApplyConfiguration.spec of type v1.PodSpecApplyConfiguration"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}
