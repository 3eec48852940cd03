// Package adopt writes an App that runs what a Deployment runs. It is pure.
//
// What has a field of its own in an App goes there; everything else of the pod
// goes into spec.podTemplate; what an App cannot do is told in notes:
//
//	of the Deployment                        in the App
//	---------------------------------------  ------------------------------------
//	the chosen container                     the typed fields; its name becomes app
//	envFrom of a ConfigMap or Secret         config.from, secrets (as: Env)
//	a volume of a whole ConfigMap or Secret  config.from, secrets (as: Files), where
//	that only this container mounts          each key is a file of its own
//	replicas, or a HorizontalPodAutoscaler   replicas, or autoscale
//	strategy                                 rollout
//	other containers, volumes, pod fields,   podTemplate
//	labels and annotations of the pods
//	strategy Recreate, minReadySeconds,      notes
//	two variables of one name
package adopt
