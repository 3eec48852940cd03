package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/e2e/images"
	"github.com/bowline-dev/bowline/test/e2e/load"
)

// visitors is a pod that sends requests all the time, through the Service: each
// on a connection of its own, and on connections that are kept.
type visitors struct {
	*scene
	name string
}

// visits are the defaults of a client.
var visits = []string{"--workers=2", "--pause=50ms"}

// newVisitors starts a client, and returns when it runs. It may ask before there
// is anything that could answer.
func (s *scene) newVisitors(name, target string, args ...string) *visitors {
	GinkgoHelper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
	pod.Spec.Containers = []corev1.Container{{
		Name: "client", Image: shared.Apps.One, Command: append([]string{images.Program, "client", "--target=" + target}, args...),
		ReadinessProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(port)}},
			PeriodSeconds: 1,
		},
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("5m"), corev1.ResourceMemory: resource.MustParse("8Mi"),
		}},
	}}
	pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](1)
	s.create(pod)
	v := &visitors{scene: s, name: name}
	Eventually(func(g Gomega) {
		running := &corev1.Pod{}
		g.Expect(api.Get(s.ctx, s.key(name), running)).To(Succeed())
		g.Expect(running.Status.ContainerStatuses).To(HaveLen(1))
		g.Expect(running.Status.ContainerStatuses[0].Ready).To(BeTrue())
	}, time.Minute).Should(Succeed())
	return v
}

// visit sends requests to the App's Service, and returns when some were
// answered.
func (s *scene) visit() *visitors {
	GinkgoHelper()
	v := s.newVisitors("visitors", s.address(), visits...)
	v.untilAnswered()
	return v
}

// address is that of the App's Service, without a name to look up.
func (s *scene) address() string {
	GinkgoHelper()
	service := &corev1.Service{}
	Expect(api.Get(s.ctx, s.key(appName), service)).To(Succeed())
	return fmt.Sprintf("http://%s:%d/", service.Spec.ClusterIP, port)
}

func (v *visitors) untilAnswered() load.Report {
	GinkgoHelper()
	var seen load.Report
	Eventually(func() bool { seen = v.report(); return seen.Answered() }, eventually).Should(BeTrue())
	return seen
}

// report is what they have seen so far.
func (v *visitors) report() load.Report {
	GinkgoHelper()
	var text []byte
	Eventually(func() (err error) {
		text, err = core.CoreV1().Pods(v.namespace).ProxyGet("http", v.name, fmt.Sprint(port), "report", nil).DoRaw(v.ctx)
		return err
	}).Should(Succeed())
	var seen load.Report
	Expect(json.Unmarshal(text, &seen)).To(Succeed())
	return seen
}

// more is what they have seen when of both sorts more requests were answered
// than now.
func (v *visitors) more() load.Report {
	GinkgoHelper()
	before := v.report()
	var seen load.Report
	Eventually(func() bool {
		seen = v.report()
		return seen.New.Last.After(before.New.Last) && seen.Kept.Last.After(before.Kept.Last)
	}).Should(BeTrue(), "requests are answered still")
	return seen
}

// served tells that no request has failed, and that requests are answered still.
func (v *visitors) served() {
	GinkgoHelper()
	seen := v.more()
	Expect(seen.Failures()).To(BeEmpty(), "of %d requests %d failed", seen.Sent(), seen.Failed())
	AddReportEntry(figureRequests, seen.Sent())
	AddReportEntry(figureFailed, seen.Failed())
	if retried := seen.New.Retried + seen.Kept.Retried; retried > 0 {
		AddReportEntry("retried on another connection", retried)
	}
}

// leave ends the client.
func (v *visitors) leave() {
	GinkgoHelper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: v.namespace, Name: v.name}}
	Expect(api.Delete(v.ctx, pod, client.GracePeriodSeconds(0))).To(Succeed())
}

// ask asks one pod of the App, and returns its answer.
func (s *scene) ask(pod, path string) string {
	GinkgoHelper()
	path, query, _ := strings.Cut(path, "?")
	request := core.CoreV1().RESTClient().Get().Namespace(s.namespace).Resource("pods").
		Name(fmt.Sprintf("%s:%d", pod, port)).SubResource("proxy").Suffix(path)
	if name, value, ok := strings.Cut(query, "="); ok {
		request = request.Param(name, value)
	}
	answer, err := request.DoRaw(s.ctx)
	Expect(err).NotTo(HaveOccurred(), "%s of pod %s: %s", path, pod, answer)
	return string(answer)
}
