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
	"github.com/bowline-dev/bowline/internal/render"
)

const (
	image       = "registry.example/bench/web:1.0"
	absentImage = "registry.example/bench/web:image-not-found"
	replicas    = 2
)

// children is how many objects are made of an App: Deployment, Service,
// ConfigMap, HorizontalPodAutoscaler and PodDisruptionBudget.
const children = 5

func appName(i int) string { return fmt.Sprintf("app-%04d", i) }

// newApp is the App that is measured: what a web application ordinarily has.
func newApp(namespace, name string) *v1alpha1.App {
	return &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.AppSpec{
			WorkloadSpec: v1alpha1.WorkloadSpec{
				Image: image,
				Ports: []v1alpha1.PortSpec{{Name: "http", Port: 8080}},
				Config: v1alpha1.ConfigSpec{
					Data:  map[string]v1alpha1.ConfigValue{"LOG_LEVEL": "info", "REGION": "eu"},
					Files: []v1alpha1.FileSpec{{Path: "/etc/web/web.yaml", Content: ptr.To("listen: 8080\ncache: {size: 64Mi}\n")}},
				},
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

// plainObjects are the objects that the operator makes of the App, as somebody
// would create them who has no operator.
func plainObjects(app *v1alpha1.App) ([]client.Object, error) {
	workload := app.Spec.WorkloadSpec
	rendered := render.Render(render.Input{App: app, Release: &v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
		App:        app.Name,
		Number:     1,
		Image:      workload.Image,
		Workload:   workload,
		Spread:     app.Spec.Availability.SpreadOrDefault(),
		ConfigName: render.ConfigName(app.Name, workload),
	}}})
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
	return objects, nil
}
