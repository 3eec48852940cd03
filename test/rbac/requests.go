package main

import (
	"fmt"
	"path/filepath"

	"github.com/bowline-dev/bowline/test/harness"
)

// actions are what a request did. An apply of what does not exist needs the
// right to create it as well.
func actionsOf(e harness.Request) []action {
	resource := e.Object.Resource
	if e.Object.Subresource != "" {
		resource += "/" + e.Object.Subresource
	}
	out := []action{{e.Object.Group, resource, e.Verb}}
	if e.Verb == "patch" && e.Response.Code == 201 {
		out = append(out, action{e.Object.Group, resource, "create"})
	}
	return out
}

// object is what a request was about; both are empty for all.
type object struct{ namespace, name string }

// requests is what the operator did, in all logs of a folder.
type requests struct {
	count   int
	used    map[action]map[object]bool
	refused map[action]int
}

func read(folder string) (*requests, error) {
	logs, err := filepath.Glob(filepath.Join(folder, "*.log"))
	if err != nil {
		return nil, err
	}
	if len(logs) == 0 {
		return nil, fmt.Errorf("%s holds no logs: run the suites with %s=%[1]s", folder, harness.AuditFolder)
	}
	out := &requests{used: map[action]map[object]bool{}, refused: map[action]int{}}
	for _, path := range logs {
		if err := harness.OperatorRequests(path, out.note); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *requests) note(e harness.Request) {
	if e.Object.Resource == "" {
		return // our roles give no rights on paths
	}
	r.count++
	if e.Refused() && onPurpose(e) {
		return
	}
	for _, a := range actionsOf(e) {
		if e.Refused() {
			r.refused[a]++
			continue
		}
		if r.used[a] == nil {
			r.used[a] = map[object]bool{}
		}
		r.used[a][object{e.Object.Namespace, e.Object.Name}] = true
	}
}

// uses tells whether a right was used.
func (r *requests) uses(g grant) bool {
	for o := range r.used[g.action] {
		if (g.name == "" || g.name == o.name) && (!g.own || o.namespace == harness.OperatorNamespace) {
			return true
		}
	}
	return false
}
