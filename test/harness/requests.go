package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Request is what the API server's log says of a request.
type Request struct {
	Verb string `json:"verb"`
	URI  string `json:"requestURI"`
	User struct {
		Name  string              `json:"username"`
		Extra map[string][]string `json:"extra"`
	} `json:"user"`
	Object struct {
		Group       string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"` // empty of one about no object, such as /version
	Response struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"responseStatus"`
	Annotations map[string]string `json:"annotations"`
	Received    time.Time         `json:"requestReceivedTimestamp"`
}

// Refused tells whether a right was missing. Admission, quotas and a namespace
// that is going answer 403 too. That what a request creates may not be created
// shows in the answer alone: the request is a patch, which was allowed.
func (r Request) Refused() bool {
	return r.Annotations["authorization.k8s.io/decision"] == "forbid" ||
		r.Response.Code == 403 && strings.Contains(r.Response.Message, `User "`+r.User.Name+`" cannot `)
}

// OperatorRequests hands on each request of the operator's account in the API
// server's log.
func OperatorRequests(path string, each func(Request)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a last line without an end is still being written, or was when the cluster ended
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if !bytes.Contains(line, []byte(OperatorUser)) {
			continue
		}
		var r Request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if r.User.Name == OperatorUser {
			each(r)
		}
	}
}
