package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const auditLog = `{"kind":"Event","stage":"ResponseComplete","verb":"create","user":{"username":"admin"},"userAgent":"bench","objectRef":{"resource":"apps","namespace":"a","name":"web","apiGroup":"bowline.dev"},"responseStatus":{"code":201},"requestReceivedTimestamp":"2026-01-01T00:00:01.000000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"list","userAgent":"bowline/v1 (linux/amd64)","objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-01T00:00:00.500000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"patch","userAgent":"bowline/v1 (linux/amd64)","objectRef":{"resource":"apps","namespace":"a","name":"web","subresource":"status"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-01T00:00:02.000000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"patch","userAgent":"bowline/v1 (linux/amd64)","objectRef":{"resource":"apps","namespace":"a","name":"web","subresource":"status"},"responseStatus":{"code":409},"requestReceivedTimestamp":"2026-01-01T00:00:03.000000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"patch","userAgent":"bowline/v1 (linux/amd64)","objectRef":{"resource":"apps","namespace":"a","name":"shop","subresource":"status"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-01T00:00:03.500000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"create","userAgent":"bowline-test","objectRef":{"resource":"services","namespace":"a","name":"web"},"responseStatus":{"code":201},"requestReceivedTimestamp":"2026-01-01T00:00:03.000000Z"}
{"kind":"Event","stage":"ResponseComplete","verb":"get","userAgent":"bowline/v1 (linux/amd64)","objectRef":{"resource":"services","namespace":"a","name":"web"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-01-01T00:00:10.000000Z"}
`

func at(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }

func TestCountRequests(t *testing.T) {
	var kept bytes.Buffer
	got, err := countRequests(strings.NewReader(auditLog), &kept, "bowline/", span{at(0), at(10)}, span{at(10), at(20)}, span{at(20), at(30)})
	if err != nil {
		t.Fatal(err)
	}
	want := []counts{
		{
			{fill, "list pods"}:          {requests: 1, objects: map[string]int{"/": 1}},
			{write, "patch apps/status"}: {requests: 3, refused: 1, objects: map[string]int{"a/web": 2, "a/shop": 1}},
		},
		{
			{read, "get services"}: {requests: 1, objects: map[string]int{"a/web": 1}},
		},
		{},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{}, tally{})); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if lines := strings.Count(kept.String(), "\n"); lines != 5 {
		t.Errorf("kept %d lines, want the operator's 5", lines)
	}
	for _, sum := range []struct {
		what      string
		got, want int
	}{
		{"writes", got[0].of(write), 3},
		{"reads", got[0].of(read), 0},
		{"all", got[0].total(), 4},
		{"most for one object", got[0][line{write, "patch apps/status"}].most(), 2},
		{"reads later", got[1].of(read), 1},
	} {
		if sum.got != sum.want {
			t.Errorf("%s: got %d, want %d", sum.what, sum.got, sum.want)
		}
	}
}

func TestCountRequestsOfABrokenLog(t *testing.T) {
	_, err := countRequests(strings.NewReader(`{"userAgent":"bowline/v1","verb":`+"\n"), &bytes.Buffer{}, "bowline/", span{at(0), at(1)})
	if want := "read the audit log: unexpected end of JSON input"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestClassify(t *testing.T) {
	cases := map[string]struct {
		verb, resource, subresource, namespace, name string
		want                                         class
	}{
		"what the server has to offer":     {verb: "get", want: other},
		"a lease is not a write":           {verb: "update", resource: "leases", namespace: "a", name: "l", want: lease},
		"one object":                       {verb: "get", resource: "pods", namespace: "a", name: "p", want: read},
		"a list that fills a cache":        {verb: "list", resource: "pods", want: fill},
		"a list of a namespace":            {verb: "list", resource: "pods", namespace: "a", want: read},
		"a list of one object by its name": {verb: "list", resource: "nodes", name: "n", want: read},
		"a watch":                          {verb: "watch", resource: "pods", want: fill},
		"an event":                         {verb: "create", resource: "events", namespace: "a", want: event},
		"an event that is repeated":        {verb: "patch", resource: "events", namespace: "a", name: "e", want: event},
		"an apply":                         {verb: "patch", resource: "deployments", namespace: "a", name: "d", want: write},
		"a status":                         {verb: "patch", resource: "apps", subresource: "status", namespace: "a", name: "d", want: write},
		"a deletion":                       {verb: "delete", resource: "secrets", namespace: "a", name: "s", want: write},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var r request
			r.Verb = c.verb
			r.Object.Resource, r.Object.Subresource, r.Object.Namespace, r.Object.Name = c.resource, c.subresource, c.namespace, c.name
			if got := classify(r); got != c.want {
				t.Errorf("got %s, want %s", classNames[got], classNames[c.want])
			}
		})
	}
}

func TestFormatCounts(t *testing.T) {
	c := counts{
		{read, "get pods"}:           {requests: 1, objects: map[string]int{"a/p": 1}},
		{write, "patch apps/status"}: {requests: 30, refused: 2, objects: map[string]int{"a/web": 4, "a/shop": 3}},
		{write, "create releases"}:   {requests: 10, objects: map[string]int{"a/web-1": 1}},
	}
	want := `class  request            number  per App  most for one object  refused
write  create releases    10      1.00     1                    0
write  patch apps/status  30      3.00     4                    2
read   get pods           1       0.10     1                    0
`
	if diff := cmp.Diff(want, formatCounts(c, 10)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := formatCounts(counts{}, 10); got != "none\n" {
		t.Errorf("of nothing: got %q", got)
	}
}
