package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bowline-dev/bowline/test/harness"
)

// request is what the audit log says of a request.
type request struct {
	Verb string `json:"verb"`
	URI  string `json:"requestURI"`
	User struct {
		Username string              `json:"username"`
		Extra    map[string][]string `json:"extra"`
	} `json:"user"`
	Object struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"responseStatus"`
	Annotations map[string]string `json:"annotations"`
	Received    time.Time         `json:"requestReceivedTimestamp"`
}

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

// readAudit reads the requests of service accounts in an audit log.
func readAudit(name string) (requests, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all requests
	lines := bufio.NewReader(file)
	for {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return all, nil // a last line without an end is still being written
		}
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(text, []byte(harness.OperatorUser)) {
			continue
		}
		var r request
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, r)
	}
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

func (all requests) of(user string) requests {
	return all.where(func(r request) bool { return r.User.Username == user })
}

// refused are those that a right was missing for. A namespace that is going
// answers 403, too.
func (all requests) refused() requests {
	return all.where(func(r request) bool {
		return r.Annotations["authorization.k8s.io/decision"] == "forbid" || r.Response.Code == 403 && strings.Contains(r.Response.Message, " cannot ")
	})
}

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
