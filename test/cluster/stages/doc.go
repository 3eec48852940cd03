// Package stages holds what kwok plays: how simulated nodes and the pods on them
// behave. A pod plays an outcome that its image, an environment variable, an
// annotation or the name of its configuration chooses; see [Outcomes].
//
// The Stage documents are the YAML files beside this one. What they share is in
// parts/: `[[ ... ]]` is filled in once, when the documents are read, `{{ ... }}`
// by kwok, each time it plays a stage.
//
// A stage for pods is selected by one string, computed by parts/moment.jq: the
// outcome and what the container that plays it does right now, for example
// "crash-loop running". Every stage leads to the moment of another, or of none:
//
//	outcome                          moments
//	ready, never-ready               new -> running
//	slow-start                       new -> starting -> running
//	image-not-found, registry-5xx    new -> ErrImagePull <-> ImagePullBackOff
//	crash-loop, crash-later, oom     new -> running -> terminated -> running -> terminated-again
//	                                 -> CrashLoopBackOff -> running -> terminated-again ...
//	job (a pod that a Job owns)      new -> running, then the pod is over
//	any, when the pod is deleted     deleted
package stages
