package api_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// kubectlRunner runs the control plane's own kubectl against it.
type kubectlRunner struct {
	program    string
	kubeconfig string
	home       string // so that no cache or preference of the person who tests matters
}

func newKubectl(program string, kubeconfig []byte, folder string) *kubectlRunner {
	GinkgoHelper()
	path := filepath.Join(folder, "kubeconfig")
	Expect(os.WriteFile(path, kubeconfig, 0o600)).To(Succeed())
	return &kubectlRunner{program: program, kubeconfig: path, home: folder}
}

// Run returns what kubectl writes, and fails the spec if kubectl fails or warns.
func (k *kubectlRunner) Run(ctx context.Context, args ...string) string {
	GinkgoHelper()
	stdout, err := k.Try(ctx, args...)
	Expect(err).NotTo(HaveOccurred())
	return stdout
}

// Try returns what kubectl writes; a warning is an error too.
func (k *kubectlRunner) Try(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, k.program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig, "HOME="+k.home)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("kubectl %v: %w\n%s%s", args, err, &stdout, &stderr)
	}
	if stderr.Len() > 0 {
		return "", fmt.Errorf("kubectl %v warns: %s", args, &stderr)
	}
	return stdout.String(), nil
}
