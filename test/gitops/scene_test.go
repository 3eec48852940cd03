package gitops_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Images, and how the simulated nodes play them.
const (
	good    = "registry.example/shop:1.0"
	better  = "registry.example/shop:1.1"
	missing = "registry.example/shop:image-not-found"
)

// How long things may take on a busy machine. What is promised in seconds is
// written in the scenes.
const (
	soon    = 30 * time.Second
	rollout = 60 * time.Second
)

// scene is a namespace and the tools at work in it.
type scene struct {
	*gomega.WithT
	t         *testing.T
	ctx       context.Context //nolint:containedctx // a scene lives as long as its test
	namespace string
	folder    string
}

func openScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{WithT: gomega.NewWithT(t), t: t, ctx: t.Context(), folder: t.TempDir()}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "gitops-"}}
	s.Expect(api.Create(s.ctx, namespace)).To(gomega.Succeed())
	s.namespace = namespace.Name
	return s
}

// manifest is what stands in Git.
type manifest struct {
	Name, Namespace, Image string
	Greeting               string
	Replicas, Bake         int
	Labels, Annotations    map[string]string
	Secret                 string
}

var manifestText = template.Must(template.New("").Parse(`apiVersion: bowline.dev/v1alpha1
kind: App
metadata:
  name: {{.Name}}
  namespace: {{.Namespace}}
{{- with .Labels}}
  labels: { {{range $key, $value := .}}"{{$key}}": "{{$value}}",{{end}} }
{{- end}}
{{- with .Annotations}}
  annotations: { {{range $key, $value := .}}"{{$key}}": "{{$value}}",{{end}} }
{{- end}}
spec:
  image: {{.Image}}
  replicas: {{.Replicas}}
  resources:
    requests: {cpu: "0.1", memory: 128Mi}
  ports:
    - {name: http, port: 8080}
  config:
    data: {GREETING: {{.Greeting}}}
{{- with .Secret}}
  secrets:
    - {name: {{.}}, as: Env}
{{- end}}
  rollout:
    bakeSeconds: {{.Bake}}
`))

// git returns a file with the App shop as it stands in Git.
func (s *scene) git(image string, changes ...func(*manifest)) string {
	s.t.Helper()
	m := manifest{Name: "shop", Namespace: s.namespace, Image: image, Greeting: "hello", Replicas: 2, Bake: 3}
	for _, change := range changes {
		change(&m)
	}
	var text bytes.Buffer
	s.Expect(manifestText.Execute(&text, m)).To(gomega.Succeed())
	file, err := os.CreateTemp(s.folder, "*.yaml")
	s.Expect(err).NotTo(gomega.HaveOccurred())
	_, err = file.Write(text.Bytes())
	s.Expect(errors.Join(err, file.Close())).To(gomega.Succeed())
	return file.Name()
}

func greeting(text string) func(*manifest) { return func(m *manifest) { m.Greeting = text } }

func label(key, value string) func(*manifest) {
	return func(m *manifest) { m.Labels = map[string]string{key: value} }
}

func annotation(key, value string) func(*manifest) {
	return func(m *manifest) { m.Annotations = map[string]string{key: value} }
}

// run runs a tool, and fails the scene if the tool fails.
func (s *scene) run(tool string, args ...string) string {
	s.t.Helper()
	out, err := s.try(tool, args...)
	s.Expect(err).NotTo(gomega.HaveOccurred())
	return out
}

// try runs a tool. An error carries all that the tool printed.
func (s *scene) try(tool string, args ...string) (string, error) {
	return s.feed("", tool, args...)
}

// feed runs a tool that reads.
func (s *scene) feed(in, tool string, args ...string) (string, error) {
	s.t.Helper()
	path := tools[tool]
	if tool == "kubectl" {
		path = filepath.Join(cluster.Assets, "kubectl")
	}
	command := exec.CommandContext(s.ctx, path, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig, "HOME="+home, "KUBECACHEDIR="+home,
		"PATH="+cluster.Assets+string(os.PathListSeparator)+os.Getenv("PATH"))
	command.Stdin = strings.NewReader(in)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	began := time.Now()
	err := command.Run()
	s.t.Logf("%5.1f s: %s %s", time.Since(began).Seconds(), tool, strings.Join(args, " "))
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s%s", tool, strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), err
}

// kubectl runs kubectl in the scene's namespace.
func (s *scene) kubectl(args ...string) string {
	s.t.Helper()
	return s.run("kubectl", append([]string{"--namespace=" + s.namespace}, args...)...)
}

// seconds tells how long something takes.
func (s *scene) seconds(what string, do func()) float64 {
	s.t.Helper()
	began := time.Now()
	do()
	took := time.Since(began).Seconds()
	s.t.Logf("MEASURED %s: %.1f s", what, took)
	return took
}

// app returns the App shop as it is now.
func (s *scene) app() *v1alpha1.App {
	s.t.Helper()
	app := &v1alpha1.App{}
	s.Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "shop"}, app)).To(gomega.Succeed())
	return app
}

// becomes waits until the App is ready, or not, for a reason.
func (s *scene) becomes(reason string) *v1alpha1.App {
	s.t.Helper()
	var app *v1alpha1.App
	s.Eventually(func() string {
		app = s.app()
		return readyReason(app)
	}).WithTimeout(rollout).WithPolling(100*time.Millisecond).Should(gomega.Equal(reason), func() string { return fmt.Sprintf("%+v", s.app().Status) })
	return app
}

// readyReason is why the App is ready, or not, when its status speaks of the
// present generation.
func readyReason(app *v1alpha1.App) string {
	if app.Status.ObservedGeneration != app.Generation {
		return "behind"
	}
	for _, c := range app.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Reason
		}
	}
	return "unknown"
}

// pods identify the App's pods.
func (s *scene) pods() []types.UID {
	s.t.Helper()
	list := &corev1.PodList{}
	s.Expect(api.List(s.ctx, list, client.InNamespace(s.namespace), client.MatchingLabels{v1alpha1.LabelApp: "shop"})).To(gomega.Succeed())
	var uids []types.UID
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp == nil {
			uids = append(uids, list.Items[i].UID)
		}
	}
	slices.Sort(uids)
	return uids
}
