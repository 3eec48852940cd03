// Package adopt compares what an App says of its pods with what a Deployment
// runs that the App is to take over. It is pure.
//
// Some of what a pod template made for an App says, the App did not: that is
// what the operator adds to every App by itself. It is not counted, where the
// Deployment leaves it at what Kubernetes makes of it: it comes with the next
// Release.
//
//	field of the pod template                                     what the operator adds
//	------------------------------------------------------------  -------------------------------------
//	metadata.labels                                               bowline.dev/app, bowline.dev/release, app.kubernetes.io/name
//	spec.automountServiceAccountToken                             false, but with a service account named
//	spec.enableServiceLinks                                       false
//	spec.securityContext.seccompProfile                           RuntimeDefault
//	spec.topologySpreadConstraints                                one, soft
//	spec.containers[*].name                                       app
//	spec.volumes[*].name                                          names of its own; only mounts know them
//	spec.containers[*].ports[*].name                              as in spec.ports
//	spec.containers[*].lifecycle.preStop                          a sleep
//	spec.containers[*].securityContext.allowPrivilegeEscalation   false
//	spec.containers[*].terminationMessagePolicy                   FallbackToLogsOnError
//
// All else counts: the labels of its pods too, by which others may select them,
// and the order of init containers and of variables.
package adopt
