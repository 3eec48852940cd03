package render

import (
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Input is what the objects are made from. App and Release are required and
// are not changed.
type Input struct {
	// App gives name, namespace and UID, and the live parts of its spec:
	// autoscale, availability.maxUnavailable and rollout.
	App *v1alpha1.App
	// Release gives what the pods run. Only its spec is read.
	Release *v1alpha1.Release
	// Replicas is the number of pods the intent states. Nil: the intent does
	// not state it, because a HorizontalPodAutoscaler owns it.
	Replicas *int32
	// Paused holds the Deployment's own rollout back.
	Paused bool
	// Today are sources of the Release whose copies are gone: the pods use the
	// objects themselves. The Secrets of bindings count as sources.
	Today []v1alpha1.PinnedSource
	// Moved are the Secrets that services hand out today, by the names of
	// bindings, where those of then are gone.
	Moved map[string]string
	// Unnamed tells that there may be pods, of a Deployment that was taken over,
	// whose ports have no names by which a Service could find them.
	Unnamed bool
}

// Objects are an App's children other than the copies of its sources. A nil
// field is not wanted: an object of that kind is to be pruned.
type Objects struct {
	// Config holds the literals and files of spec.config.
	Config *corev1ac.ConfigMapApplyConfiguration
	// Deployment is always wanted.
	Deployment *appsv1ac.DeploymentApplyConfiguration
	// Service is wanted when the Release has ports.
	Service *corev1ac.ServiceApplyConfiguration
	// Autoscaler is wanted when the App has autoscale.
	Autoscaler *autoscalingv2ac.HorizontalPodAutoscalerApplyConfiguration
	// Budget is wanted when the App always has more than one pod.
	Budget *policyv1ac.PodDisruptionBudgetApplyConfiguration
}

// Render returns an App's children. It fails where the Release's overlay cannot
// be read, as it can be when an operator of another version made the Release:
// pods without it would not be those of the Release, so there are none. The
// error names the field.
func Render(in Input) (Objects, error) {
	if len(in.Today) > 0 {
		in.Release = useOriginals(in.Release, in.Today)
	}
	if len(in.Moved) > 0 {
		in.Release = follow(in.Release, in.Moved)
	}
	deployment, err := deployment(in)
	if err != nil {
		return Objects{}, err
	}
	return Objects{
		Config:     config(in.App, &in.Release.Spec),
		Deployment: deployment,
		Service:    service(in),
		Autoscaler: autoscaler(in.App),
		Budget:     budget(in.App, in.Replicas),
	}, nil
}

// Check tells, by an error, that the pods of a Release cannot be made.
func Check(app string, r *v1alpha1.ReleaseSpec) error {
	_, err := podTemplate(app, r)
	return err
}
