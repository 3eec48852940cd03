package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bowline-dev/bowline/test/harness"
)

// event is a request as the API server's log has it.
type event struct {
	Verb string `json:"verb"`
	URI  string `json:"requestURI"`
	User struct {
		Name string `json:"username"`
	} `json:"user"`
	Object *struct {
		Group       string `json:"apiGroup"`
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
}

// refused tells whether a right was missing. Admission and quotas answer 403 too.
// That what a request creates may not be created shows in the answer alone: the
// request is a patch, which was allowed.
func (e event) refused() bool {
	return e.Annotations["authorization.k8s.io/decision"] == "forbid" ||
		e.Response.Code == 403 && strings.Contains(e.Response.Message, `User "`+harness.OperatorUser+`" cannot `)
}

// actions are what a request did. An apply of what does not exist needs the
// right to create it as well.
func (e event) actions() []action {
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

// requests is what the operator did, in all logs of a folder.
type requests struct {
	count   int
	used    map[action]map[string]bool // and the names of the objects
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
	out := &requests{used: map[action]map[string]bool{}, refused: map[action]int{}}
	for _, path := range logs {
		if err := out.add(path); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return out, nil
}

func (r *requests) add(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // the rest was being written when the cluster ended
		}
		if err != nil {
			return err
		}
		if !bytes.Contains(line, []byte(harness.OperatorUser)) {
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if e.User.Name == harness.OperatorUser && e.Object != nil {
			r.note(e)
		}
	}
}

func (r *requests) note(e event) {
	r.count++
	for _, a := range e.actions() {
		if e.refused() {
			r.refused[a]++
			continue
		}
		if r.used[a] == nil {
			r.used[a] = map[string]bool{}
		}
		r.used[a][e.Object.Name] = true
	}
}

// uses tells whether a right was used.
func (r *requests) uses(g grant) bool {
	names, ok := r.used[g.action]
	return ok && (g.name == "" || names[g.name])
}
