package v1

const (
	// LabelController stands on a ClusterRole that lets service bindings read a
	// kind of service or change a kind of workload.
	LabelController = "servicebinding.io/controller"
	// LabelImplementation stands on the CRDs of this group that came with
	// Bowline, and on those that somebody handed over to it.
	LabelImplementation = "bowline.dev/service-bindings"
	// ImplementationEnabled is the value of LabelImplementation.
	ImplementationEnabled = "enabled"
	// FinalizerUnbind holds a ServiceBinding until its workloads are unbound.
	FinalizerUnbind = "bowline.dev/unbind"
)
