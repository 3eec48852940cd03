package e2e_test

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// change is a change of a healthy App, and what must be seen of it.
type change struct {
	name string
	make func(*v1alpha1.App)
	// reason is why the Release fails.
	reason string
	// evidence is what the Release keeps of it.
	evidence evidence
	// within is how long after the change the failure must be decided.
	within time.Duration
	// served tells that all pods of the failed Release served before it failed:
	// those of the Release before are other ones after the rollback, and what
	// failed may have failed requests.
	served bool
}

// evidence is what must be found in one entry of a Release's evidence.
type evidence struct {
	container string   // app, if empty
	reasons   []string // one of these
	exitCode  *int32   // nil for one that never started
	message   string   // a part of it
}

const (
	bakeSeconds = 5
	// lateCrash is when an App crashes that is to crash in its bake, which
	// begins when all pods are there and is lateBake seconds long.
	lateCrash = "45s"
	lateBake  = 75
	deadline  = 20 // seconds
)

// changes are the changes that fail.
var changes = []change{
	{
		name:     "image not found",
		make:     func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Missing },
		reason:   "CannotStart",
		evidence: evidence{reasons: []string{"ErrImagePull", "ImagePullBackOff"}, message: "not found"},
		within:   60 * time.Second,
	},
	{
		name:     "private image without a pull secret",
		make:     func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Private },
		reason:   "CannotStart",
		evidence: evidence{reasons: []string{"ErrImagePull", "ImagePullBackOff"}, message: "no basic auth credentials"},
		within:   60 * time.Second,
	},
	{
		name: "crash at start",
		make: func(a *v1alpha1.App) {
			a.Spec.Config.Files = switchesFile("crash-at-start=true\nexit-code=3\n")
		},
		reason:   "Crashing",
		evidence: evidence{reasons: []string{"CrashLoopBackOff", "Error"}, exitCode: ptr.To[int32](3), message: `"decision":"crashing"`},
		within:   90 * time.Second,
	},
	{
		name: "crash in the bake",
		make: func(a *v1alpha1.App) {
			a.Spec.Env = append(a.Spec.Env, corev1.EnvVar{Name: "SWITCH_CRASH_AFTER", Value: lateCrash})
			a.Spec.Rollout.BakeSeconds = ptr.To[int32](lateBake)
		},
		reason: "BakeFailed",
		// What the probe or what the container's end shows, whichever is told first.
		evidence: evidence{reasons: []string{"NotReady", "Error", "CrashLoopBackOff"}},
		within:   2 * time.Minute,
		served:   true,
	},
	{
		name: "readiness that never comes",
		make: func(a *v1alpha1.App) {
			a.Spec.Env = append(a.Spec.Env, corev1.EnvVar{Name: "SWITCH_UNREADY", Value: "true"})
			a.Spec.Rollout.ProgressDeadlineSeconds = deadline
		},
		reason:   "NotReady",
		evidence: evidence{reasons: []string{"NotReady"}, message: "HTTP probe failed with statuscode: 503"},
		within:   70 * time.Second,
	},
	{
		name: "out of memory",
		make: func(a *v1alpha1.App) {
			a.Spec.Env = append(a.Spec.Env, corev1.EnvVar{Name: "SWITCH_ALLOCATE", Value: "256"})
			a.Spec.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("48Mi")}
		},
		reason:   "Crashing",
		evidence: evidence{reasons: []string{"OOMKilled"}, exitCode: ptr.To[int32](137)},
		within:   90 * time.Second,
	},
	{
		name:     "a program of a wrong format",
		make:     func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.WrongFormat },
		reason:   "Crashing",
		evidence: evidence{reasons: []string{"StartError", "CrashLoopBackOff", "Error"}, exitCode: ptr.To[int32](1), message: "exec format error"},
		within:   90 * time.Second,
	},
	{
		name:     "a command that is no file",
		make:     func(a *v1alpha1.App) { a.Spec.Command = []string{"/nothing"} },
		reason:   "CannotStart",
		evidence: evidence{reasons: []string{"RunContainerError", "StartError"}, message: "no such file or directory"},
		within:   60 * time.Second,
	},
	{
		name: "a variable of a key that the Secret lacks",
		make: func(a *v1alpha1.App) {
			a.Spec.Env = append(a.Spec.Env, corev1.EnvVar{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{
				SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secretName}, Key: "none"},
			}})
		},
		reason:   "CannotStart",
		evidence: evidence{reasons: []string{"CreateContainerConfigError"}, message: "couldn't find key none in Secret"},
		within:   60 * time.Second,
	},
	{
		name: "an init container that fails",
		make: func(a *v1alpha1.App) {
			a.Spec.PodTemplate = overlayOf(corev1.PodSpec{InitContainers: []corev1.Container{{
				Name: "prepare", Image: shared.Apps.One,
				Env: []corev1.EnvVar{{Name: "SWITCH_CRASH_AT_START", Value: "true"}, {Name: "SWITCH_EXIT_CODE", Value: "4"}},
			}}})
		},
		reason:   "CannotStart",
		evidence: evidence{container: "prepare", reasons: []string{"Error", "CrashLoopBackOff"}, exitCode: ptr.To[int32](4)},
		within:   60 * time.Second,
	},
}
