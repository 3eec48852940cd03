package operator_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// request is one request as the API server's audit log has it.
type request struct {
	Verb      string    `json:"verb"`
	UserAgent string    `json:"userAgent"`
	Received  time.Time `json:"requestReceivedTimestamp"`
	Object    struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func (r request) String() string {
	resource := r.Object.Resource
	if r.Object.Subresource != "" {
		resource += "/" + r.Object.Subresource
	}
	return fmt.Sprintf("%s %s %s %d", r.Verb, resource, r.Object.Name, r.Response.Code)
}

// writes tells whether a request was to change something. An apply that creates
// is a patch in the log; its answer tells it apart.
func (r request) writes() bool {
	switch r.Verb {
	case "get", "list", "watch":
		return false
	}
	return r.Object.Resource != "events"
}

// creates tells whether a request made an object.
func (r request) creates() bool { return r.writes() && r.Response.Code == 201 }

// auditLog reads the audit log as it grows.
type auditLog struct {
	path string

	mu   sync.Mutex
	read int64
	byUs []request // the operator's requests other than watches
}

// operatorsSince returns what the operator has asked in a namespace since a
// time, watches aside.
func (l *auditLog) operatorsSince(since time.Time, namespace string) []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.tail(); err != nil {
		panic(fmt.Sprintf("read the audit log: %v", err))
	}
	var found []request
	for _, r := range l.byUs {
		if !r.Received.Before(since) && (namespace == "" || r.Object.Namespace == namespace) {
			found = append(found, r)
		}
	}
	return found
}

func (l *auditLog) tail() error {
	file, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(l.read, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil // the rest of the line is being written
		}
		if err != nil {
			return err
		}
		l.read += int64(len(line))
		if !bytes.Contains(line, []byte(`"userAgent":"bowline/`)) {
			continue
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if r.Verb != "watch" {
			l.byUs = append(l.byUs, r)
		}
	}
}

// only returns the requests for which a condition holds.
func only(requests []request, holds func(request) bool) []request {
	var found []request
	for _, r := range requests {
		if holds(r) {
			found = append(found, r)
		}
	}
	return found
}

// of returns the requests for objects of a resource, such as "deployments".
func of(requests []request, resource string) []request {
	return only(requests, func(r request) bool { return strings.EqualFold(r.Object.Resource, resource) })
}
