package main

import (
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
)

const (
	image       = "registry.example/bench/web:1.0"
	absentImage = "registry.example/bench/web:image-not-found"
	replicas    = 2
)

// shape is how much an App holds.
type shape struct {
	keys    int // literals, and keys of each Secret
	secrets int // Secrets that the App refers to, each its own
}

// What the API admits.
const (
	mostKeys    = 256
	mostSecrets = 32
)

// children is how many objects are made of an App: Deployment, Service,
// ConfigMap, HorizontalPodAutoscaler, PodDisruptionBudget, the Secret with which
// others are bound to it, and with Secrets a copy of each and the key that their
// digests are made with.
func (s shape) children() int {
	if s.secrets == 0 {
		return 6
	}
	return 6 + s.secrets + 1
}

func appName(i int) string { return fmt.Sprintf("app-%04d", i) }

// newApp is the App that is measured: what a web application ordinarily has.
func (s shape) newApp(namespace, name string) *v1alpha1.App {
	return &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.AppSpec{
			WorkloadSpec: v1alpha1.WorkloadSpec{
				Image: image,
				Ports: []v1alpha1.PortSpec{{Name: "http", Port: 8080}},
				Config: v1alpha1.ConfigSpec{
					Data:  s.literals(),
					Files: []v1alpha1.FileSpec{{Path: "/etc/web/web.yaml", Content: ptr.To("listen: 8080\ncache: {size: 64Mi}\n")}},
				},
				Secrets: s.references(name),
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU:    resource.MustParse("10m"),
					corev1.ResourceMemory: resource.MustParse("16Mi"),
				}},
				Health: v1alpha1.HealthSpec{Readiness: &corev1.Probe{
					ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromString("http")}},
					PeriodSeconds: 5,
				}},
			},
			Autoscale: v1alpha1.AutoscaleSpec{Min: replicas, Max: 10, CPU: 70},
		},
	}
}

// literals begin with those that every web application has.
func (s shape) literals() map[string]v1alpha1.ConfigValue {
	out := map[string]v1alpha1.ConfigValue{}
	for i, key := range s.names("SETTING", "LOG_LEVEL", "REGION") {
		out[key] = v1alpha1.ConfigValue(fmt.Sprintf("value %d", i))
	}
	return out
}

// names are as many names of keys as the shape has, the well known ones first.
func (s shape) names(others string, known ...string) []string {
	for i := len(known); i < s.keys; i++ {
		known = append(known, fmt.Sprintf("%s_%03d", others, i))
	}
	return known[:s.keys]
}

func (s shape) references(app string) []v1alpha1.SecretSpec {
	var out []v1alpha1.SecretSpec
	for i := range s.secrets {
		out = append(out, v1alpha1.SecretSpec{SourceSpec: v1alpha1.SourceSpec{
			Name: secretName(app, i), As: v1alpha1.SourceEnv, Prefix: fmt.Sprintf("S%d_", i),
		}})
	}
	return out
}

func secretName(app string, i int) string { return fmt.Sprintf("%s-credentials-%d", app, i) }

// newSecrets are the Secrets that an App refers to. No two hold the same, so that
// each needs a copy.
func (s shape) newSecrets(namespace, app string) []*corev1.Secret {
	var out []*corev1.Secret
	for i := range s.secrets {
		data := map[string][]byte{}
		for _, key := range s.names("KEY") {
			data[key] = fmt.Appendf(nil, "%s of %s, %d", key, app, i)
		}
		out = append(out, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: secretName(app, i)}, Data: data})
	}
	return out
}

// plainObjects are the objects that the operator makes of the App, as somebody
// would create them who has no operator and binds nothing, the immutable copies of
// Secrets first.
func (s shape) plainObjects(app *v1alpha1.App) ([]client.Object, error) {
	workload := app.Spec.WorkloadSpec
	copies, sources := s.plainCopies(app)
	rendered, err := render.Render(render.Input{App: app, Release: &v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
		App:        app.Name,
		Number:     1,
		Image:      workload.Image,
		Workload:   workload,
		Spread:     app.Spec.Availability.SpreadOrDefault(),
		ConfigName: render.ConfigName(app.Name, workload),
		Sources:    sources,
	}}})
	if err != nil {
		return nil, err
	}
	deployment := &appsv1.Deployment{}
	objects := []client.Object{&corev1.ConfigMap{}, &corev1.Service{}, deployment, &autoscalingv2.HorizontalPodAutoscaler{}, &policyv1.PodDisruptionBudget{}}
	for i, from := range []any{rendered.Config, rendered.Service, rendered.Deployment, rendered.Autoscaler, rendered.Budget} {
		encoded, err := json.Marshal(from)
		if err != nil {
			return nil, err
		}
		if string(encoded) == "null" {
			return nil, fmt.Errorf("the App has no %T", objects[i])
		}
		if err := json.Unmarshal(encoded, objects[i]); err != nil {
			return nil, err
		}
		objects[i].SetOwnerReferences(nil)
	}
	deployment.Spec.Replicas = ptr.To[int32](replicas)
	return append(copies, objects...), nil
}

// plainCopies are copies of an App's Secrets, and how its Deployment refers to them.
func (s shape) plainCopies(app *v1alpha1.App) (copies []client.Object, sources []v1alpha1.PinnedSource) {
	for _, secret := range s.newSecrets(app.Namespace, app.Name) {
		digest := release.KeyedDigest(nil, secret.Data)
		source := v1alpha1.PinnedSource{
			Kind: v1alpha1.SourceSecret, Name: secret.Name, Digest: digest,
			CopyName: release.CopyName(app.Name, v1alpha1.SourceSecret, digest),
		}
		secret.Name, secret.Immutable = source.CopyName, ptr.To(true)
		copies, sources = append(copies, secret), append(sources, source)
	}
	return copies, sources
}
