package api_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// dryRun asks the API server what it thinks of a new App.
func dryRun(ctx SpecContext, app client.Object) error {
	return cluster.Create(ctx, app, client.DryRunAll)
}

var _ = Describe("Bounds", func() {
	DescribeTable("of numbers",
		func(ctx SpecContext, least, most int64, path ...string) {
			with := func(value int64) *unstructured.Unstructured {
				app := &unstructured.Unstructured{Object: map[string]any{}}
				app.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("App"))
				app.SetNamespace("default")
				app.SetName("shop")
				Expect(unstructured.SetNestedField(app.Object, "ghcr.io/acme/shop:1.4.2", "spec", "image")).To(Succeed())
				if path[1] == "autoscale" {
					Expect(unstructured.SetNestedField(app.Object, int64(10000), "spec", "autoscale", "max")).To(Succeed())
				}
				Expect(unstructured.SetNestedField(app.Object, value, path...)).To(Succeed())
				return app
			}
			field := strings.Join(path, ".")
			Expect(dryRun(ctx, with(least))).To(Succeed())
			Expect(dryRun(ctx, with(most))).To(Succeed())
			Expect(said(dryRun(ctx, with(least-1)))).To(ContainElement(
				fmt.Sprintf("%[1]s: Invalid value: %[2]d: %[1]s in body should be greater than or equal to %[3]d", field, least-1, least)))
			Expect(said(dryRun(ctx, with(most+1)))).To(ContainElement(
				fmt.Sprintf("%[1]s: Invalid value: %[2]d: %[1]s in body should be less than or equal to %[3]d", field, most+1, most)))
		},
		func(least, most int64, path ...string) string {
			return fmt.Sprintf("%s from %d to %d", strings.Join(path, "."), least, most)
		},
		Entry(nil, int64(0), int64(10000), "spec", "replicas"),
		Entry(nil, int64(1), int64(10000), "spec", "autoscale", "min"),
		Entry(nil, int64(1), int64(10000), "spec", "autoscale", "max"),
		Entry(nil, int64(1), int64(1000), "spec", "autoscale", "cpu"),
		Entry(nil, int64(1), int64(1000), "spec", "autoscale", "memory"),
		Entry(nil, int64(5), int64(86400), "spec", "rollout", "progressDeadlineSeconds"),
		Entry(nil, int64(0), int64(86400), "spec", "rollout", "bakeSeconds"),
		Entry(nil, int64(0), int64(100), "spec", "rollout", "maxRestarts"),
		Entry(nil, int64(1), int64(100), "spec", "rollout", "historyLimit"),
		Entry(nil, int64(0), int64(86400), "spec", "terminationGracePeriodSeconds"),
	)

	DescribeTable("of lengths",
		func(ctx SpecContext, most int, refused string, fill func(spec *v1alpha1.AppSpec, length int)) {
			with := func(length int) *v1alpha1.App {
				app := newApp("default")
				fill(&app.Spec, length)
				return app
			}
			Expect(dryRun(ctx, with(most))).To(Succeed())
			Expect(said(dryRun(ctx, with(most+1)))).To(ContainElement(HavePrefix(refused)))
		},
		Entry("image", 512, "spec.image: Too long: may not be more than 512 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Image = letters(length)
		}),
		Entry("imagePullSecrets", 16, "spec.imagePullSecrets: Too many: 17: must have at most 16 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.ImagePullSecrets = many(length, func(n string) v1alpha1.LocalReference { return v1alpha1.LocalReference{Name: "s" + n} })
		}),
		Entry("imagePullSecrets[].name", 253, "spec.imagePullSecrets[0].name: Too long: may not be more than 253 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.ImagePullSecrets = []v1alpha1.LocalReference{{Name: letters(length)}}
		}),
		Entry("command", 64, "spec.command: Too many: 65: must have at most 64 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Command = many(length, letter)
		}),
		Entry("command[]", 4096, "spec.command[0]: Too long: may not be more than 4096 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Command = []string{letters(length)}
		}),
		Entry("args", 128, "spec.args: Too many: 129: must have at most 128 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Args = many(length, letter)
		}),
		Entry("args[]", 16384, "spec.args[0]: Too long: may not be more than 16384 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Args = []string{letters(length)}
		}),
		Entry("env", 256, "spec.env: Too many: 257: must have at most 256 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Env = many(length, func(n string) corev1.EnvVar { return corev1.EnvVar{Name: "E" + n, Value: n} })
		}),
		Entry("ports", 16, "spec.ports: Too many: 17: must have at most 16 items", func(spec *v1alpha1.AppSpec, length int) {
			port := int32(8000)
			spec.Ports = many(length, func(n string) v1alpha1.PortSpec {
				port++
				return v1alpha1.PortSpec{Name: "p" + n, Port: port}
			})
		}),
		Entry("config.data", 256, "spec.config.data: Too many: 257: must have at most 256 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Data = map[string]v1alpha1.ConfigValue{}
			for _, n := range many(length, func(n string) string { return n }) {
				spec.Config.Data["K"+n] = "v"
			}
		}),
		Entry("the keys of config.data", 253, "spec.config.data: Invalid value: a key is the name of an environment variable", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Data = map[string]v1alpha1.ConfigValue{letters(length): "v"}
		}),
		Entry("the values of config.data", 65536, "spec.config.data.K: Too long: may not be more than 65536 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Data = map[string]v1alpha1.ConfigValue{"K": v1alpha1.ConfigValue(letters(length))}
		}),
		Entry("config.files", 64, "spec.config.files: Too many: 65: must have at most 64 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Files = many(length, func(n string) v1alpha1.FileSpec {
				return v1alpha1.FileSpec{Path: "/etc/" + n, Content: ptr.To("")}
			})
		}),
		Entry("config.files[].path", 512, "spec.config.files[0].path: Too long: may not be more than 512 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Files = []v1alpha1.FileSpec{{Path: "/" + letters(length-1), Content: ptr.To("")}}
		}),
		Entry("config.files[].content", 524288, "spec.config.files[0].content: Too long: may not be more than 524288 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.Files = []v1alpha1.FileSpec{{Path: "/etc/a", Content: ptr.To(letters(length))}}
		}),
		Entry("config.from", 32, "spec.config.from: Too many: 33: must have at most 32 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.From = many(length, source)
		}),
		Entry("config.from[].name", 253, "spec.config.from[0].name: Too long: may not be more than 253 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.From = []v1alpha1.SourceSpec{{Name: letters(length), As: v1alpha1.SourceEnv}}
		}),
		Entry("config.from[].prefix", 128, "spec.config.from[0].prefix: Too long: may not be more than 128 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.From = []v1alpha1.SourceSpec{{Name: "c", As: v1alpha1.SourceEnv, Prefix: letters(length)}}
		}),
		Entry("config.from[].mountPath", 512, "spec.config.from[0].mountPath: Too long: may not be more than 512 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Config.From = []v1alpha1.SourceSpec{{Name: "c", As: v1alpha1.SourceFiles, MountPath: "/" + letters(length-1)}}
		}),
		Entry("secrets", 32, "spec.secrets: Too many: 33: must have at most 32 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Secrets = many(length, func(n string) v1alpha1.SecretSpec { return v1alpha1.SecretSpec{SourceSpec: source(n)} })
		}),
		Entry("serviceAccountName", 253, "spec.serviceAccountName: Too long: may not be more than 253 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.ServiceAccountName = letters(length)
		}),
		Entry("scheduling.nodeSelector", 32, "spec.scheduling.nodeSelector: Too many: 33: must have at most 32 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Scheduling.NodeSelector = map[string]string{}
			for _, n := range many(length, func(n string) string { return n }) {
				spec.Scheduling.NodeSelector["l"+n] = "v"
			}
		}),
		Entry("scheduling.tolerations", 32, "spec.scheduling.tolerations: Too many: 33: must have at most 32 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Scheduling.Tolerations = many(length, func(n string) corev1.Toleration { return corev1.Toleration{Key: "t" + n} })
		}),
		Entry("scheduling.priorityClassName", 253, "spec.scheduling.priorityClassName: Too long: may not be more than 253 bytes", func(spec *v1alpha1.AppSpec, length int) {
			spec.Scheduling.PriorityClassName = letters(length)
		}),
		Entry("autoscale.metrics", 16, "spec.autoscale.metrics: Too many: 17: must have at most 16 items", func(spec *v1alpha1.AppSpec, length int) {
			spec.Autoscale.Max = 2
			spec.Autoscale.Metrics = many(length, func(string) autoscalingv2.MetricSpec {
				return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType}
			})
		}),
	)

	It("leave empty lists and resources alone, as templates write them", func(ctx SpecContext) {
		app := &unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"name": "shop", "namespace": "default"},
			"spec": map[string]any{
				"image": "ghcr.io/acme/shop:1.4.2", "resources": map[string]any{}, "command": []any{}, "args": []any{}, "env": []any{},
				"ports": []any{}, "secrets": []any{}, "imagePullSecrets": []any{}, "config": map[string]any{"files": []any{}, "from": []any{}},
				"scheduling": map[string]any{"tolerations": []any{}},
			},
		}}
		app.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("App"))
		Expect(dryRun(ctx, app)).To(Succeed())
	})

	It("let an App's name have 40 characters", func(ctx SpecContext) {
		app := newApp("default")
		app.ObjectMeta = metav1.ObjectMeta{Namespace: "default", Name: letters(40)}
		Expect(dryRun(ctx, app)).To(Succeed())
	})
})

func letters(length int) string { return strings.Repeat("a", length) }

func letter(string) string { return "a" }

func source(n string) v1alpha1.SourceSpec {
	return v1alpha1.SourceSpec{Name: "s" + n, As: v1alpha1.SourceEnv}
}

// many makes a list, each item from its number in words.
func many[T any](length int, item func(n string) T) []T {
	list := make([]T, 0, length)
	for n := range length {
		list = append(list, item(fmt.Sprintf("%03d", n)))
	}
	return list
}
