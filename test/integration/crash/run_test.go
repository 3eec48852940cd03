package crash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	ginkgotypes "github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

// scenario is a part of an App's life.
type scenario struct {
	// before is what there is when the part begins, at rest; nil for nothing.
	before *v1alpha1.AppSpec
	// happens is what a person does then.
	happens func(*run)
	// becomes is the reason of Ready in the end, empty when the App is gone.
	becomes string
	// keepsPods tells that the pods there are in the end are those of before.
	keepsPods bool
}

// run is a scenario played once, in a namespace of its own.
type run struct {
	Gomega
	ctx       context.Context //nolint:containedctx // a run lives as long as its spec
	namespace string
	proxy     *proxy
	operator  *harness.Operator
	log       *lockedBuffer
}

// outcome is how a run ended.
type outcome struct {
	crashed bool
	state   []string // what there is, a line for each object
	counts  map[string]int
	writes  []write
	log     string
}

// atOnce is how many runs play at the same time.
const atOnce = 8

// survives plays a scenario undisturbed, then with a crash after the first, the
// second, the third ... write, until it ends before that many, and compares.
func (s scenario) survives(ctx context.Context) {
	GinkgoHelper()
	clean, err := s.play(ctx, 0)
	Expect(err).NotTo(HaveOccurred(), "undisturbed")
	AddReportEntry("undisturbed", fmt.Sprintf("%d writes: %v\n%v", len(clean.writes), clean.writes, clean.counts))

	check := func(k int) (bool, error) {
		got, err := s.play(ctx, k)
		if err == nil {
			err = got.differsFrom(clean)
		}
		if err != nil {
			err = fmt.Errorf("crash after write %d: %w", k, err)
		}
		return got.crashed, err
	}
	var mu sync.Mutex
	var wrong []error
	crashes := 0
	free := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for k := range len(clean.writes) {
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			crashed, err := check(k + 1)
			mu.Lock()
			defer mu.Unlock()
			if crashed {
				crashes++
			}
			wrong = append(wrong, err)
		})
	}
	running.Wait()
	for k := len(clean.writes) + 1; ; k++ {
		crashed, err := check(k)
		wrong = append(wrong, err)
		if !crashed {
			break
		}
		crashes++
	}
	AddReportEntry("crashes", crashes)
	if err := errors.Join(wrong...); err != nil {
		Fail(err.Error())
	}
}

// play plays a scenario once with a crash after the k-th write, or none.
func (s scenario) play(ctx context.Context, k int) (result outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	r := &run{ctx: ctx, log: &lockedBuffer{}}
	err = attempt(func(g Gomega) {
		r.Gomega = g
		r.open()
		r.start()
		if s.before != nil {
			r.applies(*s.before)
			r.ends(v1alpha1.ReasonHealthy)
		}
		pods := r.podUIDs()
		var once sync.Once
		victim := r.operator
		r.proxy.arm(k, func() { once.Do(func() { _ = victim.Kill() }) })
		s.happens(r)
		r.awaits(s.becomes)
		if result.crashed = r.proxy.sprung() && k > 0; result.crashed {
			r.start()
		}
		r.ends(s.becomes)
		if s.keepsPods {
			r.Expect(r.podUIDs()).To(Equal(pods))
		}
		result.state, result.writes = r.state(), r.proxy.written()
		result.counts = tally(result.writes)
	})
	r.close()
	result.log = r.log.String()
	if err != nil {
		err = fmt.Errorf("%w\nin namespace %s, writes: %v\nthe operator said:\n%s", err, r.namespace, r.written(), result.log)
	}
	return result, err
}

// differsFrom returns what is another than in a clean run.
func (o outcome) differsFrom(clean outcome) error {
	return attempt(func(g Gomega) {
		about := func() string { return fmt.Sprintf("writes: %v\nthe operator said:\n%s", o.writes, o.log) }
		g.Expect(o.state).To(Equal(clean.state), about)
		g.Expect(o.counts).To(Equal(clean.counts), about)
	})
}

// attempt runs a function until its end or its first failed assertion.
func attempt(f func(Gomega)) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(NewGomega(func(message string, callerSkip ...int) {
			skip := 1
			if len(callerSkip) > 0 {
				skip += callerSkip[0]
			}
			err = fmt.Errorf("%s\nat %s", message, ginkgotypes.NewCodeLocation(skip))
			runtime.Goexit()
		}))
	}()
	<-done
	return err
}

func (r *run) open() {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "crash-"}}
	r.Expect(api.Create(r.ctx, namespace)).To(Succeed())
	r.namespace = namespace.Name
	r.proxy = newProxy(r.Gomega, r.namespace, cluster.Dir)
}

// start starts an operator that knows nothing of any other.
func (r *run) start() {
	var err error
	r.operator, err = harness.StartOperator(r.ctx, harness.OperatorOptions{Binary: binary, Kubeconfig: r.proxy.kubeconfig, Args: []string{harness.LogLevel}, Log: io.MultiWriter(r.log, operatorLog)})
	r.Expect(err).NotTo(HaveOccurred())
}

func (r *run) close() {
	if r.operator != nil {
		_ = r.operator.Kill()
	}
	if r.proxy != nil {
		r.proxy.close()
	}
}

func (r *run) written() []write {
	if r.proxy == nil {
		return nil
	}
	return r.proxy.written()
}

// applies creates App shop.
func (r *run) applies(spec v1alpha1.AppSpec) {
	r.creates(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: *spec.DeepCopy()})
}

func (r *run) creates(objects ...client.Object) {
	for _, object := range objects {
		object.SetNamespace(r.namespace)
		r.Expect(api.Create(r.ctx, object)).To(Succeed())
	}
}

// changes changes the App.
func (r *run) changes(change func(*v1alpha1.App)) {
	app := &v1alpha1.App{}
	r.Expect(api.Get(r.ctx, r.key("shop"), app)).To(Succeed())
	before := app.DeepCopy()
	change(app)
	r.Expect(api.Patch(r.ctx, app, client.MergeFrom(before))).To(Succeed())
}

// awaits waits until the operator has crashed or the scenario has ended.
func (r *run) awaits(reason string) {
	r.Eventually(func() bool { return r.proxy.sprung() || r.ended(reason) == nil }).
		WithContext(r.ctx).WithTimeout(time.Minute).WithPolling(100 * time.Millisecond).Should(BeTrue())
}

// ends waits until the App is ready, or not, for a reason, its pods are as they
// should be, and the operator has fallen silent.
func (r *run) ends(reason string) {
	r.Eventually(func() error { return r.ended(reason) }).
		WithContext(r.ctx).WithTimeout(time.Minute).WithPolling(100 * time.Millisecond).Should(Succeed())
}

// silence is how long the operator must not have written at the end.
const silence = 1500 * time.Millisecond

func (r *run) ended(reason string) error {
	if quiet := r.proxy.silentFor(); quiet < silence {
		return fmt.Errorf("the operator wrote %s ago", quiet)
	}
	if reason == "" {
		left, err := r.objects()
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%d objects are left", len(left))
		}
		return err
	}
	app := &v1alpha1.App{}
	if err := api.Get(r.ctx, r.key("shop"), app); err != nil {
		return err
	}
	ready := conditionOf(app.Status.Conditions, v1alpha1.ConditionReady)
	pods := &corev1.PodList{}
	if err := api.List(r.ctx, pods, client.InNamespace(r.namespace)); err != nil {
		return err
	}
	switch {
	case app.Status.ObservedGeneration != app.Generation || ready.Reason != reason:
		return fmt.Errorf("App shop is %s: %s", ready.Reason, ready.Message)
	case app.Status.Replicas == nil || len(pods.Items) != int(*app.Status.Replicas) || *app.Status.Replicas != *app.Status.ReadyReplicas:
		return fmt.Errorf("%d pods", len(pods.Items))
	}
	return nil
}

// podUIDs identify the pods.
func (r *run) podUIDs() []types.UID {
	pods := &corev1.PodList{}
	r.Expect(api.List(r.ctx, pods, client.InNamespace(r.namespace))).To(Succeed())
	uids := []types.UID{}
	for _, pod := range pods.Items {
		uids = append(uids, pod.UID)
	}
	slices.Sort(uids)
	return uids
}

func (r *run) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: r.namespace, Name: name}
}

// lockedBuffer collects what several operators print.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// String returns what they printed, routine aside.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var said strings.Builder
	for line := range strings.Lines(b.buffer.String()) {
		if !strings.Contains(line, `"level":"Level(`) {
			said.WriteString(line)
		}
	}
	return said.String()
}
