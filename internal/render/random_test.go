package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// world makes random Apps as the API server would accept them.
type world struct{ *rand.Rand }

func newWorld(seed int64) world { return world{rand.New(rand.NewPCG(uint64(seed), 0))} }

// maybe tells to set an optional field.
func (w world) maybe() bool { return w.IntN(2) == 0 }

// pick returns one of the given values.
func pick[T any](w world, values ...T) T { return values[w.IntN(len(values))] }

// input is a random App with a Release of an earlier state of it.
func (w world) input() Input {
	app := &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{
			Name:      pick(w, "shop", "a", "a-name-that-is-as-long-as-it-can-be-is-40"),
			Namespace: "acme",
			UID:       types.UID(fmt.Sprint(w.Uint32())),
		},
		Spec: v1alpha1.AppSpec{WorkloadSpec: w.workload()},
	}
	in := Input{App: app, Release: releaseOf(app)}
	in.Release.Spec.Number = 1 + w.Int64N(1000)
	w.live(&in)
	return in
}

// live changes everything that acts without a new Release.
func (w world) live(in *Input) {
	spec := &in.App.Spec
	spec.Replicas, spec.Autoscale = nil, v1alpha1.AutoscaleSpec{}
	if w.maybe() {
		spec.Autoscale = w.autoscale()
	}
	in.Replicas = nil
	if w.maybe() {
		in.Replicas = ptr.To(w.Int32N(10))
	}
	in.Paused = w.maybe()
	spec.Availability.MaxUnavailable = w.amount()
	spec.Rollout = v1alpha1.RolloutSpec{
		MaxSurge:                w.amount(),
		MaxUnavailable:          w.amount(),
		ProgressDeadlineSeconds: w.Int32N(1000),
		HistoryLimit:            w.Int32N(100),
		State:                   pick(w, "", v1alpha1.RolloutActive, v1alpha1.RolloutPaused),
	}
}

func (w world) amount() *intstr.IntOrString {
	return pick(w, nil, ptr.To(intstr.FromInt32(1+w.Int32N(9))), ptr.To(intstr.FromString("40%")))
}

func (w world) autoscale() v1alpha1.AutoscaleSpec {
	out := v1alpha1.AutoscaleSpec{
		Min: w.Int32N(4), Max: 4 + w.Int32N(9), CPU: w.Int32N(2) * 75, Memory: w.Int32N(2) * 85,
	}
	if w.maybe() {
		out.Metrics = []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{
				Metric: autoscalingv2.MetricIdentifier{Name: "requests"},
				Target: autoscalingv2.MetricTarget{
					Type:         autoscalingv2.AverageValueMetricType,
					AverageValue: resource.NewMilliQuantity(w.Int64N(5000), resource.DecimalSI),
				},
			},
		}}
	}
	if w.maybe() {
		out.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
			ScaleUp: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: ptr.To(w.Int32N(60))},
		}
	}
	return out
}

func (w world) workload() v1alpha1.WorkloadSpec {
	out := v1alpha1.WorkloadSpec{
		Image:              "ghcr.io/acme/shop:" + fmt.Sprint(w.IntN(9)),
		ImagePullPolicy:    pick(w, "", corev1.PullAlways),
		Command:            w.list("/bin/cmd"),
		Args:               w.list("--flag"),
		Env:                w.env(),
		Ports:              w.ports(),
		Config:             w.config(),
		Secrets:            w.secrets(),
		Resources:          w.resources(),
		Security:           pick(w, "", v1alpha1.SecurityBaseline, v1alpha1.SecurityRestricted),
		ServiceAccountName: pick(w, "", "runner"),
		Scheduling:         v1alpha1.SchedulingSpec{PriorityClassName: pick(w, "", "high")},
	}
	for _, name := range w.list("regcred") {
		out.ImagePullSecrets = append(out.ImagePullSecrets, v1alpha1.LocalReference{Name: name})
	}
	if w.maybe() {
		out.Scheduling.NodeSelector = map[string]string{"disk": "ssd", "arch": "amd64", "pool": "a"}
		out.Scheduling.Tolerations = []corev1.Toleration{{Key: "spot", Operator: corev1.TolerationOpExists}}
	}
	if w.maybe() {
		out.PodTemplate = &runtime.RawExtension{Raw: w.overlay()}
	}
	if w.maybe() {
		out.TerminationGracePeriodSeconds = ptr.To(w.Int64N(100))
	}
	if w.maybe() {
		out.Health.Readiness = &corev1.Probe{
			ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}},
		}
		out.Health.Liveness = &corev1.Probe{}
	}
	return out
}

// overlay is a random part of an overlay that has a bit of everything.
func (w world) overlay() []byte {
	template := map[string]any{}
	if w.maybe() {
		template["metadata"] = map[string]any{"annotations": map[string]any{"a": "1", "b": nil}, "labels": map[string]any{"team": "blue"}}
	}
	pod := map[string]any{
		"initContainers": []any{w.sidecar("init"), w.sidecar("proxy")},
		"containers":     []any{w.sidecar("log"), w.overlaidApp()},
		"volumes":        []any{map[string]any{"name": "cache", "emptyDir": map[string]any{}}},
		"affinity": map[string]any{"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{
			map[string]any{"topologyKey": "zone", "labelSelector": map[string]any{}},
		}}},
		"hostAliases":               []any{map[string]any{"ip": "10.0.0.7", "hostnames": []any{"db"}}},
		"tolerations":               pick[any](w, nil, []any{}, []any{map[string]any{"key": "gpu"}}),
		"securityContext":           pick[any](w, nil, map[string]any{}, map[string]any{"fsGroup": 7}),
		"topologySpreadConstraints": nil,
		"shareProcessNamespace":     w.maybe(),
		"hostNetwork":               false,
	}
	for _, field := range slices.Sorted(maps.Keys(pod)) {
		if field != "volumes" && w.maybe() {
			delete(pod, field)
		}
	}
	template["spec"] = pod
	raw, err := json.Marshal(template)
	if err != nil {
		panic(err)
	}
	return raw
}

func (w world) sidecar(name string) map[string]any {
	return map[string]any{
		"name": name, "image": name + ":1", "resources": map[string]any{}, "env": []any{},
		"securityContext": pick[any](w, nil, map[string]any{"privileged": true}, map[string]any{"runAsUser": 7}),
		"ports":           []any{map[string]any{"containerPort": w.IntN(9)}},
	}
}

func (w world) overlaidApp() map[string]any {
	return map[string]any{
		"name":           "app",
		"env":            []any{map[string]any{"name": "OVERLAID", "value": "1"}, map[string]any{"name": "KEY_0", "value": "2"}},
		"volumeMounts":   []any{map[string]any{"name": "cache", "mountPath": "/cache"}},
		"readinessProbe": pick[any](w, nil, map[string]any{"exec": map[string]any{"command": []any{"true"}}}),
	}
}

// list returns up to 3 different strings, sometimes as an empty list.
func (w world) list(prefix string) []string {
	out := []string{}
	for i := range w.IntN(4) {
		out = append(out, prefix+fmt.Sprint(i))
	}
	return out
}

func (w world) secrets() []v1alpha1.SecretSpec {
	var out []v1alpha1.SecretSpec
	for _, s := range w.sources("secret") {
		out = append(out, v1alpha1.SecretSpec{SourceSpec: s})
	}
	return out
}

func (w world) env() []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, name := range w.list("KEY_") {
		e := corev1.EnvVar{Name: name, Value: pick(w, "", "x", "<&>")}
		if w.maybe() {
			e = corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"},
			}}
		}
		out = append(out, e)
	}
	return out
}

func (w world) ports() []v1alpha1.PortSpec {
	var out []v1alpha1.PortSpec
	for i, name := range w.list("port-") {
		out = append(out, v1alpha1.PortSpec{Name: name, Port: 8080 + int32(i), Protocol: pick(w, "", corev1.ProtocolUDP)})
	}
	return out
}

func (w world) config() v1alpha1.ConfigSpec {
	out := v1alpha1.ConfigSpec{From: w.sources("config")}
	if w.maybe() {
		out.Data = map[string]v1alpha1.ConfigValue{}
		for i := range w.IntN(9) {
			out.Data["KEY_"+fmt.Sprint(i)] = v1alpha1.ConfigValue(pick(w, "", "value", "1:x"))
		}
	}
	for _, i := range w.Perm(w.IntN(5)) {
		out.Files = append(out.Files, v1alpha1.FileSpec{
			Path:    fmt.Sprintf("/etc/%d/KEY_0", i),
			Content: pick(w, nil, ptr.To(""), ptr.To("content")),
		})
	}
	return out
}

// sources returns sources of awkward names, each in one or two ways.
func (w world) sources(prefix string) []v1alpha1.SourceSpec {
	names := []string{"x", "x.y", "x-y", "x..y", long(253), long(40), long(56), long(57)}
	var out []v1alpha1.SourceSpec
	for i, name := range names[:w.IntN(len(names)+1)] {
		if w.maybe() {
			out = append(out, v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceEnv, Prefix: pick(w, "", "P_")})
		}
		if w.maybe() {
			out = append(out, v1alpha1.SourceSpec{
				Name: name, As: v1alpha1.SourceFiles, MountPath: fmt.Sprintf("/srv/%s/%d", prefix, i),
			})
		}
	}
	return out
}

// long is an object's name of n characters without a dot.
func long(n int) string { return fmt.Sprintf("%0*d", n, 0) }

func (w world) resources() corev1.ResourceRequirements {
	return pick(w, corev1.ResourceRequirements{}, corev1.ResourceRequirements{
		Requests: corev1.ResourceList{},
		Limits:   corev1.ResourceList{},
	}, corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("1500m"),
			corev1.ResourceMemory: resource.MustParse("1Gi"),
		},
	})
}
