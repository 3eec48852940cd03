package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manifests = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: manager-role}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [create, patch]}
  - {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [bowline-service-bindings], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: manager-rolebinding}
roleRef: {kind: ClusterRole, name: bowline-manager-role}
subjects: [{kind: ServiceAccount, name: controller-manager, namespace: system}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: aggregated}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {servicebinding.io/controller: "true"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: aggregated}
roleRef: {kind: ClusterRole, name: aggregated}
subjects: [{kind: ServiceAccount, name: bowline-controller-manager, namespace: bowline-system}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: bowline-workloads, labels: {servicebinding.io/controller: "true"}}
rules:
  - {apiGroups: [batch], resources: [jobs], verbs: [list]}
---
# For people: nobody's business here.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: app-viewer-role}
rules:
  - {apiGroups: [bowline.dev], resources: [apps], verbs: [get]}
`

const user = `"user":{"username":"system:serviceaccount:bowline-system:bowline-controller-manager"}`

func folder(t *testing.T, name, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestShipped(t *testing.T) {
	grants, err := shipped(folder(t, "role.yaml", manifests))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range grants {
		got = append(got, g.String())
	}
	want := []string{
		"manager-role: create deployments.apps",
		"manager-role: get mutatingwebhookconfigurations.admissionregistration.k8s.io bowline-service-bindings",
		"manager-role: patch deployments.apps",
		"workloads: list jobs.batch",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	lost := strings.Replace(manifests, "name: manager-role}", "name: other-role}", 1)
	if _, err := shipped(folder(t, "role.yaml", lost)); err == nil || err.Error() != "ClusterRoleBinding manager-rolebinding: there is no ClusterRole bowline-manager-role" {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	const (
		allowed = `"annotations":{"authorization.k8s.io/decision":"allow"}`
		forbid  = `"annotations":{"authorization.k8s.io/decision":"forbid"}`
	)
	request := func(verb, object, response, annotations string) string {
		return `{"verb":"` + verb + `",` + user + `,"objectRef":{` + object + `},"responseStatus":{` + response + `},` + annotations + "}\n"
	}
	const (
		deployment = `"apiGroup":"apps","resource":"deployments","namespace":"a","name":"shop"`
		webhook    = `"apiGroup":"admissionregistration.k8s.io","resource":"mutatingwebhookconfigurations","name":"bowline-service-bindings"`
		jobs       = `"apiGroup":"batch","resource":"jobs"`
	)
	all := request("patch", deployment, `"code":201`, allowed) + request("get", webhook, `"code":200`, allowed) + request("list", jobs, `"code":200`, allowed)
	exceptions := []grant{
		{"manager-role", action{"bowline.dev", "apps/finalizers", "update"}, "", false},
		{"manager-role", action{"events.k8s.io", "events", "patch"}, "", false},
	}
	for name, test := range map[string]struct {
		log  string
		want []string
	}{
		"every right is used":        {all, nil},
		"what exists is not created": {strings.Replace(all, "201", "200", 1), []string{"never used: manager-role: create deployments.apps"}},
		"of another name":            {strings.Replace(all, `"name":"bowline-service-bindings"`, `"name":"others"`, 1), []string{"never used: manager-role: get mutatingwebhookconfigurations.admissionregistration.k8s.io bowline-service-bindings"}},
		"by somebody else": {strings.ReplaceAll(all, "controller-manager", "other"), []string{
			"never used: manager-role: create deployments.apps", "never used: manager-role: get mutatingwebhookconfigurations.admissionregistration.k8s.io bowline-service-bindings",
			"never used: manager-role: patch deployments.apps", "never used: workloads: list jobs.batch",
		}},
		"a right is missing":                  {all + request("get", `"resource":"pods"`, `"code":403`, forbid) + request("get", `"resource":"pods"`, `"code":403`, forbid), []string{"refused 2 times: get pods"}},
		"a right to create is missing":        {all + request("patch", `"resource":"secrets"`, `"code":403,"message":"secrets \"a\" is forbidden: User \"system:serviceaccount:bowline-system:bowline-controller-manager\" cannot create resource"`, allowed), []string{"refused 1 times: patch secrets"}},
		"admission refuses, for its reasons":  {all + request("patch", deployment, `"code":403,"message":"exceeded quota"`, allowed), nil},
		"a kind of other people's":            {all + request("list", `"apiGroup":"db.example.com","resource":"vaults"`, `"code":403`, forbid), nil},
		"a namespace that is closed":          {all + request("list", `"apiGroup":"bowline.dev","resource":"apps","namespace":"without-role"`, `"code":403`, forbid), nil},
		"an exception that is used after all": {all + request("update", `"apiGroup":"bowline.dev","resource":"apps","subresource":"finalizers"`, `"code":200`, allowed), []string{"used, and so no exception: manager-role: update apps/finalizers.bowline.dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			grants, err := shipped(folder(t, "role.yaml", manifests))
			if err != nil {
				t.Fatal(err)
			}
			did, err := read(folder(t, "suite.log", test.log+`{"cut`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, judge(append(grants, exceptions...), did)); diff != "" {
				t.Error(diff)
			}
		})
	}
	did, err := read(folder(t, "suite.log", all))
	if err != nil {
		t.Fatal(err)
	}
	if got := judge(nil, did); !slices.Equal(got, []string{"an exception for what no role gives: patch events.events.k8s.io", "an exception for what no role gives: update apps/finalizers.bowline.dev"}) {
		t.Error(got)
	}
	if _, err := read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no logs: run the suites with BOWLINE_AUDIT_DIR=") {
		t.Error(err)
	}
}
