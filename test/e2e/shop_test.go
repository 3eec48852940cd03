package e2e_test

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	appName    = "shop"
	secretName = "stripe"
	secretKey  = "STRIPE_KEY"
	configName = "settings"
	port       = 8080
	replicas   = 3
)

// newShop returns the App that all scenarios begin with: three pods that are
// ready as soon as they listen.
func newShop(namespace string) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: appName}}
	app.Spec.Image = shared.Apps.One
	app.Spec.Replicas = ptr.To[int32](replicas)
	app.Spec.Ports = []v1alpha1.PortSpec{{Name: "http", Port: port}}
	app.Spec.Config.Data = map[string]v1alpha1.ConfigValue{"GREETING": "hello"}
	app.Spec.Health.Readiness = &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromString("http")}},
		PeriodSeconds: 1,
	}
	app.Spec.Resources.Requests = corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("5m"), corev1.ResourceMemory: resource.MustParse("8Mi"),
	}
	app.Spec.Rollout.BakeSeconds = ptr.To[int32](bakeSeconds)
	app.Spec.Rollout.MaxRestarts = ptr.To[int32](1)
	return app
}

// switchesFile is the file by which the application is told to misbehave.
func switchesFile(content string) []v1alpha1.FileSpec {
	return []v1alpha1.FileSpec{{Path: "/etc/app/switches", Content: &content}}
}

// overlayOf returns what is laid over the pods.
func overlayOf(spec corev1.PodSpec) *runtime.RawExtension {
	// As data: an empty list of containers is no overlay.
	text, err := json.Marshal(map[string]any{"spec": map[string]any{"initContainers": spec.InitContainers}})
	if err != nil {
		panic(err) // it is made here
	}
	return &runtime.RawExtension{Raw: text}
}

// newSecret returns a Secret whose value is found nowhere else.
func newSecret(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: secretName},
		Data:       map[string][]byte{secretKey: shared.Canary.Marks("key")},
	}
}

const pullSecretName = "pull"

// newPullSecret returns the credentials for the private registry.
func newPullSecret(namespace string) *corev1.Secret {
	r := shared.Cluster.Registries.Private
	text, err := json.Marshal(map[string]any{"auths": map[string]any{r.Address: map[string]string{"username": r.Username, "password": r.Password}}})
	if err != nil {
		panic(err) // it is made here
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pullSecretName},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: text},
	}
}

func percent(n int) *intstr.IntOrString {
	value := intstr.FromString(strconv.Itoa(n) + "%")
	return &value
}
