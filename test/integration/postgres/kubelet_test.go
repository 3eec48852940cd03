package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Container is what a container of a pod sees: its variables, as they were when
// it started, and its files, below a folder that stands for the root.
type Container struct {
	*Scene
	pod  *corev1.Pod
	spec corev1.Container
	root string
	env  map[string]string
}

// Start does what the kubelet does before it starts a container of a pod, with
// all that our pods have; what they do not have it does not know, and fails.
func (s *Scene) Start(pod *corev1.Pod, name string) *Container {
	GinkgoHelper()
	at := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == name })
	Expect(at).NotTo(BeNumerically("<", 0), "pod %s has no container %s", pod.Name, name)
	c := &Container{Scene: s, pod: pod, spec: pod.Spec.Containers[at], root: GinkgoT().TempDir(), env: map[string]string{}}
	for _, from := range c.spec.EnvFrom {
		var held map[string][]byte
		if from.SecretRef != nil {
			held = s.secret(from.SecretRef.Name)
		} else {
			held = s.configMap(from.ConfigMapRef.Name)
		}
		for key, value := range held {
			c.env[from.Prefix+key] = string(value)
		}
	}
	for _, variable := range c.spec.Env {
		c.env[variable.Name] = c.value(variable)
	}
	c.Sync()
	return c
}

// Sync makes the files anew, as the kubelet does when what they are made of
// has changed.
func (c *Container) Sync() {
	GinkgoHelper()
	for _, mount := range c.spec.VolumeMounts {
		at := slices.IndexFunc(c.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		Expect(at).NotTo(BeNumerically("<", 0), "no volume %s", mount.Name)
		if strings.HasPrefix(mount.Name, "kube-api-access") {
			continue // a token, which has nothing to do with bindings
		}
		Expect(mount.SubPath+mount.SubPathExpr).To(BeEmpty(), "of the mount %s", mount.Name)
		folder := filepath.Join(c.root, mount.MountPath)
		Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
		if c.pod.Spec.Volumes[at].EmptyDir == nil {
			Expect(lay(folder, c.files(c.pod.Spec.Volumes[at]))).To(Succeed())
		}
	}
}

// value returns the value of a variable.
func (c *Container) value(variable corev1.EnvVar) string {
	GinkgoHelper()
	from := variable.ValueFrom
	var held map[string][]byte
	var key string
	switch {
	case from == nil:
		Expect(variable.Value).NotTo(ContainSubstring("$("), "of the variable %s", variable.Name)
		return variable.Value
	case from.SecretKeyRef != nil:
		held, key = c.secret(from.SecretKeyRef.Name), from.SecretKeyRef.Key
	case from.ConfigMapKeyRef != nil:
		held, key = c.configMap(from.ConfigMapKeyRef.Name), from.ConfigMapKeyRef.Key
	default:
		Expect(from.FieldRef).NotTo(BeNil(), "of the variable %s", variable.Name)
		return c.annotation(from.FieldRef.FieldPath)
	}
	Expect(held).To(HaveKey(key), "for the variable %s", variable.Name)
	return string(held[key])
}

// annotation follows the path of an annotation of the pod.
func (c *Container) annotation(fieldPath string) string {
	GinkgoHelper()
	key, ok := strings.CutPrefix(fieldPath, "metadata.annotations['")
	Expect(ok).To(BeTrue(), fieldPath)
	value, ok := c.pod.Annotations[strings.TrimSuffix(key, "']")]
	Expect(ok).To(BeTrue(), "pod %s has no annotation for %s", c.pod.Name, fieldPath)
	return value
}

// file is a file of a volume.
type file struct {
	content []byte
	mode    fs.FileMode
}

// files returns the files of a volume by their paths.
func (c *Container) files(volume corev1.Volume) map[string]file {
	GinkgoHelper()
	files := map[string]file{}
	add := func(held map[string][]byte, items []corev1.KeyToPath, mode *int32) {
		if len(items) == 0 {
			for key := range held {
				items = append(items, corev1.KeyToPath{Key: key, Path: key})
			}
		}
		for _, item := range items { // of the same path the later wins
			Expect(held).To(HaveKey(item.Key), "for the volume %s", volume.Name)
			files[item.Path] = file{held[item.Key], fs.FileMode(ptr.Deref(item.Mode, *mode))}
		}
	}
	switch {
	case volume.Secret != nil:
		add(c.secret(volume.Secret.SecretName), volume.Secret.Items, volume.Secret.DefaultMode)
	case volume.ConfigMap != nil:
		add(c.configMap(volume.ConfigMap.Name), volume.ConfigMap.Items, volume.ConfigMap.DefaultMode)
	case volume.Projected != nil:
		for _, source := range volume.Projected.Sources {
			switch {
			case source.Secret != nil:
				add(c.secret(source.Secret.Name), source.Secret.Items, volume.Projected.DefaultMode)
			case source.ConfigMap != nil:
				add(c.configMap(source.ConfigMap.Name), source.ConfigMap.Items, volume.Projected.DefaultMode)
			case source.DownwardAPI != nil:
				for _, item := range source.DownwardAPI.Items {
					files[item.Path] = file{[]byte(c.annotation(item.FieldRef.FieldPath)), fs.FileMode(ptr.Deref(item.Mode, *volume.Projected.DefaultMode))}
				}
			default:
				Fail(fmt.Sprintf("the volume %s has a source of an unknown kind", volume.Name))
			}
		}
	default:
		Fail(fmt.Sprintf("the volume %s is of an unknown kind", volume.Name))
	}
	return files
}

// lay lays files out as the kubelet does, so that all of them change at once:
// they are in a hidden folder with the time in its name, another hidden name
// links to that, and what people see are links through it.
func lay(folder string, files map[string]file) error {
	data := filepath.Join(folder, "..data")
	before, _ := os.Readlink(data) // empty the first time
	now := "..2026_01_01_00_00_00.1"
	if before == now {
		now = "..2026_01_01_00_01_00.2"
	}
	for path, f := range files {
		at := filepath.Join(folder, now, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, f.content, f.mode); err != nil {
			return err
		}
		if err := os.Chmod(at, f.mode); err != nil {
			return err
		}
	}
	if err := os.Symlink(now, data+"_tmp"); err != nil {
		return err
	}
	if err := os.Rename(data+"_tmp", data); err != nil {
		return err
	}
	for path := range files {
		first, _, _ := strings.Cut(path, "/")
		if err := os.Symlink(filepath.Join("..data", first), filepath.Join(folder, first)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if before == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(folder, before))
}

// bindings returns the folder that $SERVICE_BINDING_ROOT leads to.
func (c *Container) bindings() string {
	GinkgoHelper()
	Expect(c.env).To(HaveKey("SERVICE_BINDING_ROOT"))
	return filepath.Join(c.root, c.env["SERVICE_BINDING_ROOT"])
}

// Run runs a program with the container's variables and nothing else, and
// returns what it printed, on standard error when it failed. As the program has
// not the container's root, SERVICE_BINDING_ROOT leads to where the files are.
func (c *Container) Run(ctx context.Context, program string, args ...string) string {
	GinkgoHelper()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = c.root
	command.Env = []string{"SERVICE_BINDING_ROOT=" + c.bindings()}
	for name, value := range c.env {
		if name != "SERVICE_BINDING_ROOT" {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return fmt.Sprintf("%v: %s", err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String())
}
