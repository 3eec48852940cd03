package render

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// TestPodsDrain: what the App's container does when its pod goes away.
func TestPodsDrain(t *testing.T) {
	http := []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
	for name, c := range map[string]struct {
		ports       []v1alpha1.PortSpec
		grace       *int64
		podTemplate string
		want        string
	}{
		"it serves on for five seconds":             {ports: http, want: "preStop: {sleep: {seconds: 5}}"},
		"nobody sends requests to it":               {want: "null"},
		"half of the time that it has":              {ports: http, grace: ptr.To[int64](7), want: "preStop: {sleep: {seconds: 3}}"},
		"it has no time":                            {ports: http, grace: ptr.To[int64](1), want: "null"},
		"the overlay gives it less time":            {ports: http, podTemplate: "spec: {terminationGracePeriodSeconds: 4}", want: "preStop: {sleep: {seconds: 2}}"},
		"a person says what happens":                {ports: http, podTemplate: "spec: {containers: [{name: app, lifecycle: {preStop: {exec: {command: [/stop]}}}}]}", want: "preStop: {exec: {command: [/stop]}}"},
		"a person says that nothing happens":        {ports: http, podTemplate: "spec: {containers: [{name: app, lifecycle: {preStop: {sleep: {seconds: 0}}}}]}", want: "preStop: {sleep: {seconds: 0}}"},
		"a person says what happens at its start":   {ports: http, podTemplate: "spec: {containers: [{name: app, lifecycle: {postStart: {exec: {command: [/start]}}}}]}", want: "{postStart: {exec: {command: [/start]}}, preStop: {sleep: {seconds: 5}}}"},
		"a sidecar goes away as its author decided": {ports: http, podTemplate: "spec: {containers: [{name: log, image: log}]}", want: "preStop: {sleep: {seconds: 5}}"},
	} {
		t.Run(name, func(t *testing.T) {
			release := &v1alpha1.ReleaseSpec{Number: 1, Workload: v1alpha1.WorkloadSpec{Image: "shop:1", Ports: c.ports, TerminationGracePeriodSeconds: c.grace}}
			if c.podTemplate != "" {
				raw, err := yaml.YAMLToJSON([]byte(c.podTemplate))
				if err != nil {
					t.Fatal(err)
				}
				release.Workload.PodTemplate = &runtime.RawExtension{Raw: raw}
			}
			template, err := podTemplate("shop", release)
			if err != nil {
				t.Fatal(err)
			}
			for _, container := range template.Spec.Containers {
				want := c.want
				if *container.Name != overlay.Container {
					want = "null"
				}
				var parsedWant any
				if err := yaml.Unmarshal([]byte(want), &parsedWant); err != nil {
					t.Fatal(err)
				}
				same(t, "lifecycle of "+*container.Name, container.Lifecycle, parsedWant)
			}
		})
	}
}
