// Package render turns an App and one of its Releases into the objects that
// run it, as apply configurations. It is pure: no client, no clock, and the
// same input gives the same bytes.
//
// What it promises:
//
//   - Objects are complete and minimal: every field the operator owns, nothing
//     else, and no empty list or map. What is left out belongs to the API
//     server's defaults or to somebody else.
//   - The pod template is a function of the Release's spec and the App's name.
//     So a rollback brings the very same template back, unless what it refers to
//     is gone and something else takes its place (Today, Moved), and nothing live
//     (replicas, autoscale, availability.maxUnavailable, rollout) restarts a
//     pod. A change of this package that changes the template of a Release
//     restarts every pod in the cluster when the operator is upgraded: the
//     golden files in testdata show it.
//   - A person's own pod template (spec.podTemplate) is merged over what was
//     made from all else, see package overlay; without one nothing is merged.
//   - Every object carries the App's name as a label and the App as its
//     controller. Labels and annotations of the App are not copied: tools that
//     prune by label would take the children for their own.
//
// Where each object comes from:
//
//	object                   made from               wanted when
//	-----------------------  ----------------------  ---------------------------------
//	ConfigMap                Release                 there are literals or files
//	Deployment               Release, App (live)     always
//	Service                  Release                 there are ports
//	HorizontalPodAutoscaler  App (live)              spec.autoscale is set
//	PodDisruptionBudget      App (live), Replicas    there are always at least 2 pods
//	copies of sources        content that was read   a Release refers to the source
//	binding Secret           Release; App before     there is a TCP port
package render
