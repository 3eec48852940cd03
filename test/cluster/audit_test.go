package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
)

// wantAudit asserts that the audit log has one line for each request, with its
// user agent and without its contents.
func wantAudit(t *testing.T, cluster controlplane.Record) {
	t.Helper()
	file, err := os.Open(cluster.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	created := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Level         string          `json:"level"`
			Stage         string          `json:"stage"`
			Verb          string          `json:"verb"`
			UserAgent     string          `json:"userAgent"`
			RequestObject json.RawMessage `json:"requestObject"`
			ObjectRef     struct {
				Resource string `json:"resource"`
			} `json:"objectRef"`
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			break // the line that is being written
		}
		if event.Level != "Metadata" || event.RequestObject != nil || event.Stage != "ResponseComplete" && event.Stage != "Panic" {
			t.Fatalf("an unexpected line: %s", lines.Text())
		}
		if event.Verb == "create" && event.ObjectRef.Resource == "deployments" && strings.HasPrefix(event.UserAgent, "kubectl/") {
			created++
		}
	}
	if created != len(plays) {
		t.Errorf("the audit log has %d creations of Deployments by kubectl, want %d", created, len(plays))
	}
}
