package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// processOf finds the process of a pod's only container: its control group is
// named by the container.
func processOf(pod *corev1.Pod) (int, error) {
	if len(pod.Status.ContainerStatuses) != 1 {
		return 0, fmt.Errorf("pod %s has %d containers, not one", pod.Name, len(pod.Status.ContainerStatuses))
	}
	_, id, found := strings.Cut(pod.Status.ContainerStatuses[0].ContainerID, "://")
	if !found {
		return 0, fmt.Errorf("the container of pod %s has not started", pod.Name)
	}
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		return 0, err
	}
	for _, file := range groups {
		content, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(content, []byte(id)) {
			continue // it has ended since, or is another
		}
		return strconv.Atoi(filepath.Base(filepath.Dir(file)))
	}
	return 0, fmt.Errorf("no process is in the container %s of pod %s", id, pod.Name)
}

// process is the process of a pod.
func (s *scene) process(pod client.ObjectKey) int {
	GinkgoHelper()
	found := &corev1.Pod{}
	Expect(api.Get(s.ctx, pod, found)).To(Succeed())
	pid, err := processOf(found)
	Expect(err).NotTo(HaveOccurred())
	return pid
}

// send sends a signal to the process of a pod.
func (s *scene) send(pod client.ObjectKey, signal syscall.Signal) {
	GinkgoHelper()
	Expect(syscall.Kill(s.process(pod), signal)).To(Succeed())
}
