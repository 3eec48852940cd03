package adopt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// App is an App that was written, and what is to be said about it.
type App struct {
	*v1alpha1.App
	Notes []string

	takesOver bool
	differs   bool
}

func (a *App) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// noteDifference notes something for which pods would have to be restarted.
func (a *App) noteDifference(format string, args ...any) {
	a.note(format, args...)
	a.differs = true
}

// New returns the least App that runs an image.
func New(name, image string, ports []int32, replicas *int32) *App {
	out := &App{App: empty(name)}
	out.Spec.Image = image
	out.Spec.Replicas = replicas
	names := map[string]bool{}
	for _, port := range ports {
		name := portName(port, corev1.ProtocolTCP, names)
		names[name] = true
		out.Spec.Ports = append(out.Spec.Ports, v1alpha1.PortSpec{Name: name, Port: port})
	}
	return out
}

func empty(name string) *v1alpha1.App {
	return &v1alpha1.App{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "App"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
}

// Options say what is adopted.
type Options struct {
	Name string // of the App
	// Container is the one that becomes the App's; empty: the only one, or the
	// one that is named like the Deployment, or the first.
	Container  string
	Autoscaler *autoscalingv2.HorizontalPodAutoscaler // that aims at the Deployment, if there is one
	Service    bool                                   // whether there is a Service with the App's name
}

// Deployment returns an App that runs what a Deployment runs. With the same name
// it takes the Deployment over, with pods that nobody restarts.
func Deployment(d *appsv1.Deployment, o Options) (*App, error) {
	pod := d.Spec.Template.Spec.DeepCopy()
	at, err := chosen(d, o.Container)
	if err != nil {
		return nil, err
	}
	out := &App{App: empty(o.Name), takesOver: o.Name == d.Name}
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			withoutDefaults(&containers[i])
		}
	}
	c := &pod.Containers[at]
	out.container(c)
	out.sources(pod, c)
	out.pod(pod)
	out.size(d, o)
	out.rollout(d)
	if err := out.overlay(d, pod, at); err != nil {
		return nil, err
	}
	if out.takesOver {
		out.takeOver(d)
	} else {
		out.sayWhatIsBeside(d, o)
	}
	return out, nil
}

func chosen(d *appsv1.Deployment, name string) (int, error) {
	containers := d.Spec.Template.Spec.Containers
	var names []string
	for i, c := range containers {
		if c.Name == name {
			return i, nil
		}
		names = append(names, c.Name)
	}
	if name != "" {
		return 0, fmt.Errorf("Deployment %q has no container %q: name one of %s", d.Name, name, strings.Join(names, ", "))
	}
	if len(containers) == 0 {
		return 0, fmt.Errorf("Deployment %q has no containers", d.Name)
	}
	return max(0, slices.Index(names, d.Name)), nil
}

// container moves the fields of the App's container that have a place in an App
// and leaves the others where they are.
func (a *App) container(c *corev1.Container) {
	s := &a.Spec
	s.Image, c.Image = c.Image, ""
	s.Command, c.Command = c.Command, nil
	s.Args, c.Args = c.Args, nil
	s.Env = a.variables(c.Env)
	c.Env = nil
	s.ImagePullPolicy, c.ImagePullPolicy = c.ImagePullPolicy, ""
	s.Resources, c.Resources = c.Resources, corev1.ResourceRequirements{}
	s.Health = v1alpha1.HealthSpec{Readiness: c.ReadinessProbe, Liveness: c.LivenessProbe, Startup: c.StartupProbe}
	a.ports(c.Ports)
	// Probes refer to ports by name, and those of the App may have others.
	c.ReadinessProbe, c.LivenessProbe, c.StartupProbe, c.Ports = nil, nil, nil, nil
}

func (a *App) ports(ports []corev1.ContainerPort) {
	s := &a.Spec
	names := map[string]bool{}
	for _, p := range ports {
		names[p.Name] = true
	}
	for _, p := range ports {
		if i := slices.IndexFunc(s.Ports, func(o v1alpha1.PortSpec) bool {
			return o.Port == p.ContainerPort && o.Protocol == unlessTCP(p.Protocol)
		}); i >= 0 {
			a.noteDifference("port %d has two names, %q and %q: the first is carried over", p.ContainerPort, s.Ports[i].Name, p.Name)
			continue
		}
		if p.HostPort != 0 || p.HostIP != "" {
			a.noteDifference("port %d: its hostPort is not carried over; the Service reaches the App", p.ContainerPort)
		}
		name := cmp.Or(p.Name, portName(p.ContainerPort, p.Protocol, names))
		names[name] = true
		s.Ports = append(s.Ports, v1alpha1.PortSpec{Name: name, Port: p.ContainerPort, Protocol: unlessTCP(p.Protocol)})
	}
}

// withoutDefaults drops what the API server fills in, which would only be noise.
func withoutDefaults(c *corev1.Container) {
	if c.ImagePullPolicy == defaultPullPolicy(c.Image) {
		c.ImagePullPolicy = ""
	}
	if c.TerminationMessagePolicy == corev1.TerminationMessageReadFile {
		c.TerminationMessagePolicy = "" // in an App's container the last lines of the log are kept
	}
	if c.TerminationMessagePath == corev1.TerminationMessagePathDefault {
		c.TerminationMessagePath = ""
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.APIVersion == "v1" {
			from.FieldRef.APIVersion = ""
		}
	}
	for _, p := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe, c.StartupProbe} {
		probeWithoutDefaults(p)
	}
}

func (a *App) variables(env []corev1.EnvVar) []corev1.EnvVar {
	var out []corev1.EnvVar
	for _, e := range env {
		if i := slices.IndexFunc(out, func(o corev1.EnvVar) bool { return o.Name == e.Name }); i >= 0 {
			a.note("the variable %s stands twice: the last one is carried over, which is the one that counts", e.Name)
			out = slices.Delete(out, i, i+1)
		}
		out = append(out, e)
	}
	return out
}

func probeWithoutDefaults(p *corev1.Probe) {
	if p == nil {
		return
	}
	for _, d := range []struct {
		field *int32
		value int32
	}{{&p.TimeoutSeconds, 1}, {&p.PeriodSeconds, 10}, {&p.SuccessThreshold, 1}, {&p.FailureThreshold, 3}} {
		if *d.field == d.value {
			*d.field = 0
		}
	}
	if p.HTTPGet != nil && p.HTTPGet.Scheme == corev1.URISchemeHTTP {
		p.HTTPGet.Scheme = ""
	}
}

func defaultPullPolicy(image string) corev1.PullPolicy {
	_, name, ok := strings.Cut(image, "/")
	if !ok {
		name = image
	}
	_, tag, tagged := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	if !strings.Contains(image, "@") && (!tagged || tag == "latest") {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

func unlessTCP(p corev1.Protocol) corev1.Protocol {
	if p == corev1.ProtocolTCP {
		return ""
	}
	return p
}

// portName is a name for a port that has none, which an App asks for.
func portName(port int32, protocol corev1.Protocol, taken map[string]bool) string {
	if tcp := protocol == "" || protocol == corev1.ProtocolTCP; tcp && !taken["http"] {
		return "http"
	}
	if name := fmt.Sprintf("port-%d", port); !taken[name] {
		return name
	}
	return fmt.Sprintf("%s-%d", strings.ToLower(cmp.Or(string(protocol), "tcp")), port)
}

// sources moves whole ConfigMaps and Secrets. Volumes have names of the App's own
// where they become spec.config.from and spec.secrets, so those of an App that
// takes over stay what they are.
func (a *App) sources(pod *corev1.PodSpec, c *corev1.Container) {
	for _, e := range c.EnvFrom {
		s := v1alpha1.SourceSpec{As: v1alpha1.SourceEnv, Prefix: e.Prefix}
		switch {
		case e.ConfigMapRef != nil:
			s.Name, s.Optional = e.ConfigMapRef.Name, ptr.Deref(e.ConfigMapRef.Optional, false)
			a.addSource(v1alpha1.SourceConfigMap, s)
		case e.SecretRef != nil:
			s.Name, s.Optional = e.SecretRef.Name, ptr.Deref(e.SecretRef.Optional, false)
			a.addSource(v1alpha1.SourceSecret, s)
		}
	}
	c.EnvFrom = nil
	if a.takesOver {
		return
	}
	for _, mount := range slices.Clone(c.VolumeMounts) {
		at := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		if at < 0 || !whole(mount) || uses(pod, mount.Name) != 1 {
			continue
		}
		kind, source, ok := fileSource(pod.Volumes[at])
		if !ok || a.refersTo(kind, source.Name, v1alpha1.SourceFiles) {
			continue
		}
		source.MountPath = strings.TrimRight(mount.MountPath, "/")
		a.addSource(kind, source)
		pod.Volumes = slices.Delete(pod.Volumes, at, at+1)
		c.VolumeMounts = slices.DeleteFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == mount.Name })
	}
}

func (a *App) addSource(kind v1alpha1.SourceKind, s v1alpha1.SourceSpec) {
	if a.refersTo(kind, s.Name, s.As) {
		a.noteDifference("%s %q is used as: %s twice: only the first is carried over", kind, s.Name, s.As)
		return
	}
	if kind == v1alpha1.SourceSecret {
		a.Spec.Secrets = append(a.Spec.Secrets, v1alpha1.SecretSpec{SourceSpec: s})
		return
	}
	a.Spec.Config.From = append(a.Spec.Config.From, s)
}

func (a *App) refersTo(kind v1alpha1.SourceKind, name string, as v1alpha1.SourceAs) bool {
	if kind == v1alpha1.SourceSecret {
		return slices.ContainsFunc(a.Spec.Secrets, func(s v1alpha1.SecretSpec) bool { return s.Name == name && s.As == as })
	}
	return slices.ContainsFunc(a.Spec.Config.From, func(s v1alpha1.SourceSpec) bool { return s.Name == name && s.As == as })
}

// whole tells that a mount is that of a folder, and nothing special.
func whole(m corev1.VolumeMount) bool {
	return m.SubPath == "" && m.SubPathExpr == "" && m.MountPropagation == nil && m.MountPath != "/" && !strings.Contains(m.MountPath, "..")
}

func uses(pod *corev1.PodSpec, volume string) int {
	n := 0
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for _, c := range containers {
			for _, m := range c.VolumeMounts {
				if m.Name == volume {
					n++
				}
			}
		}
	}
	return n
}

// fileSource is the source that a volume is made of, if it is one.
func fileSource(v corev1.Volume) (v1alpha1.SourceKind, v1alpha1.SourceSpec, bool) {
	s := v1alpha1.SourceSpec{As: v1alpha1.SourceFiles}
	switch {
	case v.ConfigMap != nil:
		s.Name, s.Optional = v.ConfigMap.Name, ptr.Deref(v.ConfigMap.Optional, false)
		return v1alpha1.SourceConfigMap, fill(s, v.ConfigMap.DefaultMode, v.ConfigMap.Items), len(v.ConfigMap.Items) <= 32
	case v.Secret != nil:
		s.Name, s.Optional = v.Secret.SecretName, ptr.Deref(v.Secret.Optional, false)
		return v1alpha1.SourceSecret, fill(s, v.Secret.DefaultMode, v.Secret.Items), len(v.Secret.Items) <= 32
	}
	return "", s, false
}

// defaultMode are the permissions of files of which nothing is said.
const defaultMode = 0o644

func fill(s v1alpha1.SourceSpec, mode *int32, items []corev1.KeyToPath) v1alpha1.SourceSpec {
	if m := ptr.Deref(mode, defaultMode); m != defaultMode {
		s.Mode = m
	}
	for _, item := range items {
		k := v1alpha1.KeySpec{Key: item.Key, Mode: ptr.Deref(item.Mode, 0)}
		if item.Path != item.Key {
			k.Name = item.Path
		}
		s.Keys = append(s.Keys, k)
	}
	return s
}

// pod moves the fields of the pod that have a place in an App.
func (a *App) pod(pod *corev1.PodSpec) {
	s := &a.Spec
	for _, secret := range pod.ImagePullSecrets {
		s.ImagePullSecrets = append(s.ImagePullSecrets, v1alpha1.LocalReference{Name: secret.Name})
	}
	s.Scheduling = v1alpha1.SchedulingSpec{NodeSelector: pod.NodeSelector, Tolerations: pod.Tolerations, PriorityClassName: pod.PriorityClassName}
	if t := pod.TerminationGracePeriodSeconds; t != nil && *t != v1alpha1.DefaultTerminationGracePeriodSeconds {
		s.TerminationGracePeriodSeconds = t
	}
	account := cmp.Or(pod.ServiceAccountName, pod.DeprecatedServiceAccount)
	token := ptr.Deref(pod.AutomountServiceAccountToken, true)
	switch {
	case account != "" && (account != "default" || a.takesOver):
		s.ServiceAccountName = account
	case token:
		a.differs = a.differs || pod.AutomountServiceAccountToken != nil // else it comes with the next Release
		a.note("the pods get no token of the service account \"default\" any more: if the container asks the API server, name a service account in spec.serviceAccountName")
	}
	if s.ServiceAccountName == "" || token {
		pod.AutomountServiceAccountToken = nil
	}
	if pod.NodeName != "" {
		a.noteDifference("nodeName %q is not carried over: choose nodes with spec.scheduling.nodeSelector", pod.NodeName)
	}
	pod.ImagePullSecrets, pod.NodeSelector, pod.Tolerations, pod.PriorityClassName, pod.Priority = nil, nil, nil, "", nil
	pod.TerminationGracePeriodSeconds, pod.ServiceAccountName, pod.DeprecatedServiceAccount, pod.NodeName = nil, "", "", ""
	pod.PreemptionPolicy = nil
	pod.RestartPolicy = ""
	if pod.DNSPolicy == corev1.DNSClusterFirst {
		pod.DNSPolicy = ""
	}
	if pod.SchedulerName == corev1.DefaultSchedulerName {
		pod.SchedulerName = ""
	}
	if equality.Semantic.DeepEqual(pod.SecurityContext, &corev1.PodSecurityContext{}) {
		pod.SecurityContext = nil
	}
}

// size moves the number of pods.
func (a *App) size(d *appsv1.Deployment, o Options) {
	scaler := o.Autoscaler
	if scaler == nil {
		a.Spec.Replicas = ptr.To(ptr.Deref(d.Spec.Replicas, 1))
		return
	}
	out := &a.Spec.Autoscale
	out.Min, out.Max, out.Behavior = ptr.Deref(scaler.Spec.MinReplicas, 1), scaler.Spec.MaxReplicas, scaler.Spec.Behavior
	for _, m := range scaler.Spec.Metrics {
		switch {
		case m.Resource != nil && m.Resource.Name == corev1.ResourceCPU && m.Resource.Target.AverageUtilization != nil:
			out.CPU = *m.Resource.Target.AverageUtilization
		case m.Resource != nil && m.Resource.Name == corev1.ResourceMemory && m.Resource.Target.AverageUtilization != nil:
			out.Memory = *m.Resource.Target.AverageUtilization
		default:
			out.Metrics = append(out.Metrics, m)
		}
	}
	switch {
	case !a.takesOver:
		a.note("autoscale is that of HorizontalPodAutoscaler %q, which goes on scaling Deployment %q: the App makes one of its own", scaler.Name, d.Name)
	case scaler.Name != o.Name:
		a.note("autoscale is that of HorizontalPodAutoscaler %q, and an App has one of its own name: give that one the name %q before you apply this, or delete it", scaler.Name, o.Name)
	}
}

// rollout moves how a change goes out, where it is not the default.
func (a *App) rollout(d *appsv1.Deployment) {
	r := &a.Spec.Rollout
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		a.noteDifference("strategy Recreate: an App replaces pods step by step, so two versions run side by side for a moment; with maxSurge: 0 no more pods run than are wanted")
		r.MaxSurge, r.MaxUnavailable = percent("0%"), percent("100%")
	}
	if u := d.Spec.Strategy.RollingUpdate; u != nil {
		if u.MaxSurge != nil && u.MaxSurge.String() != "25%" {
			r.MaxSurge = u.MaxSurge
		}
		if u.MaxUnavailable != nil && u.MaxUnavailable.String() != "25%" {
			r.MaxUnavailable = u.MaxUnavailable
		}
	}
	if p := ptr.Deref(d.Spec.ProgressDeadlineSeconds, 600); p != 600 {
		r.ProgressDeadlineSeconds = min(max(p, 5), 86400)
	}
	if d.Spec.MinReadySeconds > 0 {
		a.note("minReadySeconds: %d is not carried over: spec.rollout.bakeSeconds (30) says how long all pods must stay healthy before a Release counts as healthy", d.Spec.MinReadySeconds)
	}
}

// takeOver asks for the Deployment, and says what keeps the App from having it.
func (a *App) takeOver(d *appsv1.Deployment) {
	a.Annotations = map[string]string{v1alpha1.AnnotationAdopt: v1alpha1.AdoptUnchanged}
	if d.Spec.Paused {
		a.note("Deployment %q is paused, and taken over when it is not: kubectl rollout resume deployment/%s", d.Name, d.Name)
	}
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.ConfigMap != nil || v.Secret != nil {
			a.note("volume %q stays in spec.podTemplate, so that no pod is restarted: once it stands in spec.config.from or spec.secrets, a change of its content is rolled out", v.Name)
		}
	}
	if a.differs {
		a.note("the App is to take Deployment %q over, but would have to restart its pods for what is said above, so it refuses: correct that, or let %s be %q (docs/moving.md)",
			d.Name, v1alpha1.AnnotationAdopt, v1alpha1.AdoptAndRollOut)
		return
	}
	a.note("the App takes Deployment %q over, and no pod is restarted: docs/moving.md says what must fit", d.Name)
}

// sayWhatIsBeside names what serves while the App comes.
func (a *App) sayWhatIsBeside(d *appsv1.Deployment, o Options) {
	if d.Spec.Paused {
		a.note("Deployment %q is paused, and the App is not: what stands here goes out", d.Name)
	}
	a.note("the App has pods of its own, beside those of Deployment %q: to take those over, without a restart, it needs that name (docs/moving.md)", d.Name)
	if o.Service {
		a.note("there is a Service %q, which the App leaves alone and waits for: with the annotation %s: %q it leads to the App's pods from then on (docs/moving.md)", o.Name, v1alpha1.AnnotationAdopt, v1alpha1.AdoptUnchanged)
	}
}
