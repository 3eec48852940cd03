// Package metrics counts what happens to Releases and says how Apps are.
//
//	name                              type       labels
//	--------------------------------  ---------  ------------------------------------------
//	bowline_app_info                  gauge      namespace, app, release, status,
//	                                             available, stalled: always 1
//	bowline_apps                      gauge      condition, status
//	bowline_releases_total            counter    outcome, reason
//	bowline_release_duration_seconds  histogram  outcome, reason
//	bowline_rollbacks_total           counter    reason
//
// Only bowline_app_info has a series for each App, and one only: status is the
// reason of its condition Ready, as `kubectl get apps` shows it, release is the
// one that runs, and available and stalled are the status of the conditions of
// that name (Stalled, which is absent unless True, is False then). Every other label has a handful of values that stand in
// the API's constants. How long Apps wait to be looked at is told by
// controller-runtime: workqueue_queue_duration_seconds{name="app"}.
//
// What is counted is what this process did since it started. How Apps are is
// read when somebody asks, from the operator's cache; every operator tells it,
// also one that does not act.
package metrics
