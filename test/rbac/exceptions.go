package main

import "github.com/bowline-dev/bowline/test/harness"

// unused are rights that no request shows, with the reason.
var unused = map[action]string{
	{"events.k8s.io", "events", "patch"}:         "by it client-go counts an event that is told again of the same version of an object, which no spec brings about; refused, the event would be lost",
	{"bowline.dev", "apps/finalizers", "update"}: "asked for by the admission plugin OwnerReferencesPermissionEnforcement, which some clusters have, of whoever makes an object that blocks its App's deletion",
}

// listed tells that a right to list is not used because the API server streams
// what there is as the beginning of a watch. Clients list where it does not, or
// where a stream fails.
func listed(g grant, did *requests) bool {
	watch := g
	watch.verb = "watch"
	return g.verb == "list" && did.uses(watch)
}

// foreign are groups with kinds of other people's: specs take away or never give
// the rights on them, which no role of ours gives.
var foreign = map[string]string{
	"db.example.com":   "test/integration/servicebinding/rights_test.go: services",
	"work.example.com": "test/integration/servicebinding/rights_test.go: workloads",
}

// closed are namespaces in which the operator gets no rights on purpose.
var closed = map[string]string{
	"without-role": "test/integration/install/namespaced_test.go: an operator for a namespace without its Role does not start",
}

// onPurpose tells that a spec wants a request to be refused.
func onPurpose(e harness.Request) bool {
	return foreign[e.Object.Group] != "" || closed[e.Object.Namespace] != ""
}
