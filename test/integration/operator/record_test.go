package operator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/test/harness"
)

// record is everything that the API server has shown since the suite began:
// every version of every App, Release, Deployment and Pod, and what there is to
// say against a version of an App.
type record struct {
	mu        sync.Mutex
	versions  map[string][]version // by kind/namespace/name
	verdicts  map[string]verdict   // by UID and resourceVersion of an App
	wrong     []violation
	watches   []watch.Interface
	judge     *exec.Cmd
	questions io.WriteCloser
	answered  sync.WaitGroup
}

// version is an object as it was seen once.
type version struct {
	seen    time.Time
	object  client.Object
	deleted bool
}

// verdict is what test/integration/conformance says of a version of an App.
type verdict struct {
	UID             string   `json:"uid"`
	ResourceVersion string   `json:"resourceVersion"`
	Status          string   `json:"status"`
	Problems        []string `json:"problems"`
}

// violation is something no App may ever say.
type violation struct{ namespace, text string }

// startRecord watches from before there is anything to see. Where a watch ends,
// the next goes on.
func startRecord(ctx context.Context) *record {
	GinkgoHelper()
	r := &record{versions: map[string][]version{}, verdicts: map[string]verdict{}}
	r.startJudge(ctx)
	apps := &unstructured.UnstructuredList{}
	apps.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("AppList"))
	for _, list := range []client.ObjectList{apps, &v1alpha1.ReleaseList{}, &appsv1.DeploymentList{}, &corev1.PodList{}} {
		Expect(api.List(ctx, list)).To(Succeed())
		watching, err := watchtools.NewRetryWatcherWithContext(context.WithoutCancel(ctx), list.GetResourceVersion(), &cache.ListWatch{
			WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
				return api.Watch(ctx, list, &client.ListOptions{Raw: &o})
			},
		})
		Expect(err).NotTo(HaveOccurred())
		r.watches = append(r.watches, watching)
		r.answered.Go(func() { r.follow(watching.ResultChan()) })
	}
	return r
}

// startJudge starts the command that judges as GitOps tools do.
func (r *record) startJudge(ctx context.Context) {
	GinkgoHelper()
	binary, err := harness.Build(ctx, "test/integration/conformance", "bowline-conformance", GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	r.judge = exec.Command(binary) // it ends with its input
	r.judge.Stderr = GinkgoWriter
	r.questions, err = r.judge.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	answers, err := r.judge.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(r.judge.Start()).To(Succeed())
	r.answered.Go(func() {
		lines := bufio.NewScanner(answers)
		for lines.Scan() {
			var v verdict
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				v.Problems = []string{err.Error()}
			}
			r.mu.Lock()
			r.verdicts[v.UID+"/"+v.ResourceVersion] = v
			r.mu.Unlock()
		}
	})
}

func (r *record) stop() {
	for _, watching := range r.watches {
		watching.Stop()
	}
	_ = r.questions.Close()
	r.answered.Wait()
	_ = r.judge.Wait()
}

func (r *record) follow(events <-chan watch.Event) {
	for event := range events {
		object, ok := event.Object.(client.Object)
		if !ok {
			r.blame("", fmt.Sprintf("the watch says: %v", event.Object))
			continue
		}
		if app, ok := object.(*unstructured.Unstructured); ok {
			object = r.followApp(app, event.Type)
		}
		r.mu.Lock()
		key := keyOf(object)
		r.versions[key] = append(r.versions[key], version{time.Now(), object, event.Type == watch.Deleted})
		r.mu.Unlock()
	}
}

// followApp holds a version of an App against the invariants, and asks what
// GitOps tools make of it.
func (r *record) followApp(raw *unstructured.Unstructured, happened watch.EventType) client.Object {
	app := &v1alpha1.App{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.Object, app); err != nil {
		r.blame(raw.GetNamespace(), fmt.Sprintf("App %s does not decode: %v", raw.GetName(), err))
	}
	if happened == watch.Deleted {
		return app
	}
	if err := report.CheckInvariants(app); err != nil {
		r.blame(app.Namespace, fmt.Sprintf("App %s, resourceVersion %s: %v\n%s", app.Name, app.ResourceVersion, err, statusOf(app)))
	}
	line, err := raw.MarshalJSON()
	if err == nil {
		_, err = r.questions.Write(append([]byte(strings.TrimSpace(string(line))), '\n'))
	}
	if err != nil {
		r.blame(app.Namespace, fmt.Sprintf("ask for a verdict: %v", err))
	}
	return app
}

func (r *record) blame(namespace, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, violation{namespace, text})
}

// violations returns what is wrong with any version of the Apps of a
// namespace, or of all.
func (r *record) violations(namespace string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, v := range r.wrong {
		if namespace == "" || v.namespace == namespace {
			found = append(found, v.text)
		}
	}
	for key, versions := range r.versions {
		if !strings.HasPrefix(key, "App/"+namespace) {
			continue
		}
		for _, v := range versions {
			for _, problem := range r.verdicts[id(v.object)].Problems {
				found = append(found, fmt.Sprintf("%s, resourceVersion %s: %s\n%s", key, v.object.GetResourceVersion(), problem, statusOf(v.object.(*v1alpha1.App))))
			}
		}
	}
	return found
}

// catchUp waits until the record has what the API server has of the Apps in a
// namespace, and every version has its verdict.
func (r *record) catchUp(ctx context.Context, g Gomega, namespace string) {
	g.Eventually(func(g Gomega) {
		apps := &v1alpha1.AppList{}
		g.Expect(api.List(ctx, apps, client.InNamespace(namespace))).To(Succeed())
		for i := range apps.Items {
			app := &apps.Items[i]
			versions := r.of(app)
			g.Expect(versions).NotTo(BeEmpty())
			g.Expect(versions[len(versions)-1].object.GetResourceVersion()).To(Equal(app.ResourceVersion))
			for _, v := range versions {
				g.Expect(v.deleted || r.judged(v.object)).To(BeTrue(), "a verdict on %s", v.object.GetResourceVersion())
			}
		}
	}).WithContext(ctx).WithTimeout(20 * time.Second).WithPolling(100 * time.Millisecond).Should(Succeed())
}

func (r *record) judged(object client.Object) bool { return r.kstatus(object) != "" }

// kstatus returns what kstatus says of a version of an App.
func (r *record) kstatus(object client.Object) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdicts[id(object)].Status
}

// of returns all versions of an object, of its namesakes before it too.
func (r *record) of(object client.Object) []version {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]version(nil), r.versions[keyOf(object)]...)
}

// all returns all versions of all objects of a kind in a namespace.
func (r *record) all(kind, namespace string) []version {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []version
	for key, versions := range r.versions {
		if strings.HasPrefix(key, kind+"/"+namespace+"/") {
			found = append(found, versions...)
		}
	}
	return found
}

func id(object client.Object) string {
	return string(object.GetUID()) + "/" + object.GetResourceVersion()
}

func keyOf(object client.Object) string {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", object), "*")
	return kind[strings.LastIndexByte(kind, '.')+1:] + "/" + object.GetNamespace() + "/" + object.GetName()
}

func statusOf(app *v1alpha1.App) string {
	text, err := json.MarshalIndent(app.Status, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
