package e2e_test

import (
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/test/harness"
)

// request is a request of the operator.
type request struct{ harness.Request }

func (r request) String() string {
	return fmt.Sprintf("%s %s %s: %d %s", r.Received.Format(time.TimeOnly), r.Verb, r.URI, r.Response.Code, r.Response.Message)
}

// pod is the pod whose token was used.
func (r request) pod() string {
	if names := r.User.Extra["authentication.kubernetes.io/pod-name"]; len(names) == 1 {
		return names[0]
	}
	return ""
}

// acts tells that a request changed something that is not the operators' own
// affair: they may all ask for the lease, and tell of events.
func (r request) acts() bool {
	return slices.Contains([]string{"create", "update", "patch", "delete"}, r.Verb) && r.Response.Code < 300 &&
		!slices.Contains([]string{"leases", "events", "tokenreviews", "subjectaccessreviews"}, r.Object.Resource)
}

// requests are those of an audit log.
type requests []request

// operatorRequests are all that the operator has made.
func operatorRequests() requests {
	GinkgoHelper()
	var all requests
	Expect(harness.OperatorRequests(shared.Cluster.AuditLog, func(r harness.Request) { all = append(all, request{r}) })).To(Succeed())
	return all
}

func (all requests) where(holds func(request) bool) requests {
	var some requests
	for _, r := range all {
		if holds(r) {
			some = append(some, r)
		}
	}
	return some
}

// refused are those that a right was missing for.
func (all requests) refused() requests { return all.where(func(r request) bool { return r.Refused() }) }

// madeReleases counts how often each Release of a namespace was created.
func (all requests) madeReleases(namespace string) map[string]int {
	made := map[string]int{}
	for _, r := range all {
		if r.Response.Code == 201 && r.Object.Resource == "releases" && r.Object.Namespace == namespace {
			made[r.Object.Name]++
		}
	}
	return made
}
