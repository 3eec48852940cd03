package adopt

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// made is a pod template as the operator makes it.
func made(change ...func(*corev1.PodTemplateSpec)) corev1.PodTemplateSpec {
	t := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{
			"bowline.dev/app": "shop", "bowline.dev/release": "1", "app.kubernetes.io/name": "shop", "tier": "front",
		}},
		Spec: corev1.PodSpec{
			AutomountServiceAccountToken: ptr.To(false),
			EnableServiceLinks:           ptr.To(false),
			SecurityContext:              &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			TopologySpreadConstraints:    []corev1.TopologySpreadConstraint{{MaxSkew: 1}},
			Containers: []corev1.Container{{
				Name:                     "app",
				Image:                    "docker.io/library/nginx:latest",
				Ports:                    []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				Env:                      []corev1.EnvVar{{Name: "COLOR", Value: "blue"}},
				SecurityContext:          &corev1.SecurityContext{AllowPrivilegeEscalation: ptr.To(false)},
				Lifecycle:                &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 5}}},
				TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
			}},
		},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

// plain is one that people write, which says the same.
func plain(change ...func(*corev1.PodTemplateSpec)) corev1.PodTemplateSpec {
	t := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels:      map[string]string{"tier": "front"},
			Annotations: map[string]string{"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"},
		},
		Spec: corev1.PodSpec{
			EnableServiceLinks: ptr.To(true),
			SecurityContext:    &corev1.PodSecurityContext{},
			Containers: []corev1.Container{{
				Name:                     "web",
				Image:                    "nginx",
				Ports:                    []corev1.ContainerPort{{ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				Env:                      []corev1.EnvVar{{Name: "COLOR", Value: "blue"}},
				TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			}},
		},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func TestDifferences(t *testing.T) {
	container := func(change func(*corev1.Container)) func(*corev1.PodTemplateSpec) {
		return func(t *corev1.PodTemplateSpec) { change(&t.Spec.Containers[0]) }
	}
	sidecar := func(t *corev1.PodTemplateSpec) {
		t.Spec.Containers = append(t.Spec.Containers, corev1.Container{Name: "proxy", Image: "proxy:1"})
	}
	env := func(names ...string) (out []corev1.EnvVar) {
		for _, name := range names {
			out = append(out, corev1.EnvVar{Name: name, Value: "same"})
		}
		return out
	}
	initially := func(names ...string) func(*corev1.PodTemplateSpec) {
		return func(t *corev1.PodTemplateSpec) {
			for _, name := range names {
				t.Spec.InitContainers = append(t.Spec.InitContainers, corev1.Container{Name: name, Image: "tool:1"})
			}
		}
	}
	mounts := func(name, configMap string) func(*corev1.PodTemplateSpec) {
		return func(t *corev1.PodTemplateSpec) {
			source := corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}}
			t.Spec.Volumes = append(t.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &source}})
			t.Spec.Containers[0].VolumeMounts = append(t.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/etc/" + configMap})
		}
	}
	cases := map[string]struct {
		says, runs corev1.PodTemplateSpec
		want       []string
	}{
		"what the operator adds does not count": {says: made(), runs: plain()},
		"nor what is equal":                     {says: made(), runs: made()},
		"a side car of the same name":           {says: made(sidecar), runs: plain(sidecar)},
		"nor what volumes are called":           {says: made(mounts("own-config-a", "a"), mounts("b", "b")), runs: plain(mounts("b", "b"), mounts("config-a", "a"))},
		"but what they hold does": {
			says: made(mounts("own-config-a", "a")), runs: plain(mounts("config-a", "b")),
			want: []string{
				`spec.containers[web].volumeMounts[/etc/a].mountPath: nothing runs, the App says "/etc/a"`,
				`spec.containers[web].volumeMounts[/etc/a].name: nothing runs, the App says "own-config-a"`,
				`spec.containers[web].volumeMounts[/etc/b].mountPath: "/etc/b" runs, the App says nothing`,
				`spec.containers[web].volumeMounts[/etc/b].name: "config-a" runs, the App says nothing`,
				`spec.volumes[config-a].configMap.name: "b" runs, the App says nothing`,
				`spec.volumes[config-a].name: "config-a" runs, the App says nothing`,
				`spec.volumes[own-config-a].configMap.name: nothing runs, the App says "a"`,
				`spec.volumes[own-config-a].name: nothing runs, the App says "own-config-a"`,
			},
		},
		"another image": {
			says: made(), runs: plain(container(func(c *corev1.Container) { c.Image = "nginx:1" })),
			want: []string{`spec.containers[web].image: "nginx:1" runs, the App says "docker.io/library/nginx:latest"`},
		},
		"a value of a variable is told to nobody": {
			says: made(container(func(c *corev1.Container) { c.Env[0].Value = "red" })), runs: plain(),
			want: []string{"spec.containers[web].env[COLOR].value: a value runs, the App says a value"},
		},
		"a label by which others may select": {
			says: made(func(t *corev1.PodTemplateSpec) { delete(t.Labels, "tier") }), runs: plain(),
			want: []string{`metadata.labels.tier: "front" runs, the App says nothing`},
		},
		"a name of another application": {
			says: made(), runs: plain(func(t *corev1.PodTemplateSpec) { t.Labels["app.kubernetes.io/name"] = "market" }),
			want: []string{`metadata.labels.app.kubernetes.io/name: "market" runs, the App says "shop"`},
		},
		"what the Deployment says otherwise of what the operator adds": {
			says: made(),
			runs: plain(func(t *corev1.PodTemplateSpec) {
				t.Spec.AutomountServiceAccountToken = ptr.To(true)
				t.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
				t.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{AllowPrivilegeEscalation: ptr.To(true)}
				t.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"stop"}}}}
			}),
			want: []string{
				"spec.automountServiceAccountToken: true runs, the App says false",
				"spec.containers[web].lifecycle.preStop.exec.command[0]: \"stop\" runs, the App says nothing",
				"spec.containers[web].lifecycle.preStop.sleep.seconds: nothing runs, the App says 5",
				"spec.containers[web].securityContext.allowPrivilegeEscalation: true runs, the App says false",
				`spec.securityContext.seccompProfile.type: "Unconfined" runs, the App says "RuntimeDefault"`,
			},
		},
		"a stricter profile is the App's own word": {
			says: made(func(t *corev1.PodTemplateSpec) { t.Spec.SecurityContext.RunAsNonRoot = ptr.To(true) }), runs: plain(),
			want: []string{"spec.securityContext.runAsNonRoot: nothing runs, the App says true"},
		},
		"a port more, and resources": {
			says: made(container(func(c *corev1.Container) {
				c.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("0.5")}
			})),
			runs: plain(container(func(c *corev1.Container) {
				c.Ports = append(c.Ports, corev1.ContainerPort{Name: "admin", ContainerPort: 9000, Protocol: corev1.ProtocolTCP})
			})),
			want: []string{
				"spec.containers[web].ports[9000/TCP].containerPort: 9000 runs, the App says nothing",
				`spec.containers[web].ports[9000/TCP].name: "admin" runs, the App says nothing`,
				`spec.containers[web].ports[9000/TCP].protocol: "TCP" runs, the App says nothing`,
				`spec.containers[web].resources.requests.cpu: nothing runs, the App says "500m"`,
			},
		},
		"another order of variables, which may refer to those before": {
			says: made(container(func(c *corev1.Container) { c.Env = env("HOST", "URL") })),
			runs: plain(container(func(c *corev1.Container) { c.Env = env("URL", "HOST") })),
			want: []string{"spec.containers[web].env: the order URL, HOST runs, the App says HOST, URL"},
		},
		"a variable more is no other order": {
			says: made(container(func(c *corev1.Container) { c.Env = env("HOST", "URL") })),
			runs: plain(container(func(c *corev1.Container) { c.Env = env("URL") })),
			want: []string{
				`spec.containers[web].env[HOST].name: nothing runs, the App says a value`,
				`spec.containers[web].env[HOST].value: nothing runs, the App says a value`,
			},
		},
		"another order of init containers, which wait for each other": {
			says: made(initially("migrate", "warm")), runs: plain(initially("warm", "migrate")),
			want: []string{"spec.initContainers: the order warm, migrate runs, the App says migrate, warm"},
		},
		"another order of containers, which start together": {
			says: made(sidecar), runs: plain(sidecar, func(t *corev1.PodTemplateSpec) { slices.Reverse(t.Spec.Containers) }),
		},
		"a long value is cut, and no character in two": {
			says: made(),
			runs: plain(container(func(c *corev1.Container) { c.WorkingDir = strings.Repeat("ü", 60) })),
			want: []string{`spec.containers[web].workingDir: "` + strings.Repeat("ü", 39) + `... runs, the App says nothing`},
		},
		"a container that cannot be told apart keeps its name": {
			says: made(container(func(c *corev1.Container) { *c = corev1.Container{Name: "app"} })),
			runs: plain(sidecar, container(func(c *corev1.Container) { *c = corev1.Container{Name: "web"} })),
			want: []string{
				`spec.containers[app].name: nothing runs, the App says "app"`,
				`spec.containers[proxy].image: "proxy:1" runs, the App says nothing`,
				`spec.containers[proxy].name: "proxy" runs, the App says nothing`,
				`spec.containers[web].name: "web" runs, the App says nothing`,
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Differences(c.says, c.runs)); diff != "" {
				t.Errorf("Differences (-want +got):\n%s", diff)
			}
		})
	}
}

// TestImage: it is what the App's container runs, and not what runs beside it.
func TestImage(t *testing.T) {
	pod := func(containers ...string) *corev1.PodSpec {
		spec := &corev1.PodSpec{}
		for _, name := range containers {
			spec.Containers = append(spec.Containers, corev1.Container{Name: name, Image: name + ":1"})
		}
		return spec
	}
	for name, c := range map[string]struct {
		says, runs *corev1.PodSpec
		want       string
	}{
		"the only one":                        {pod("app"), pod("web"), "web:1"},
		"of the App's own name":               {pod("app"), pod("web", "app"), "app:1"},
		"beside one that the App names":       {pod("app", "proxy"), pod("proxy", "web"), "web:1"},
		"beside one that nobody speaks of":    {pod("app"), pod("proxy", "web"), "proxy:1"},
		"where the App speaks of all by name": {pod("app", "proxy"), pod("proxy"), "proxy:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Image(c.says, c.runs); got != c.want {
				t.Errorf("Image = %s, want %s", got, c.want)
			}
		})
	}
}
