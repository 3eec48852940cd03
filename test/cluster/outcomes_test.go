package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
	"github.com/bowline-dev/bowline/test/cluster/stages"
)

// play is one pod of a Deployment and what a watcher of it sees, in order, from
// the moment its containers have a status. What comes later does not matter.
type play struct {
	// spec is the pod template's spec; a single container is given by image.
	spec        string
	annotations string
	want        []string
}

func image(name string) string {
	return fmt.Sprintf("{containers: [{name: app, image: %q}]}", name)
}

var crashes = []string{
	"Running, not ready | app running, not ready",
	"Running, not ready | app terminated Error 1",
	"Running, not ready | app running, not ready, 1 restart after Error 1",
	"Running, not ready | app terminated Error 1, 1 restart after Error 1",
	"Running, not ready | app waiting CrashLoopBackOff (back-off 10s restarting failed container=app pod=POD), 1 restart after Error 1",
	"Running, not ready | app running, not ready, 2 restarts after Error 1",
	"Running, not ready | app terminated Error 1, 2 restarts after Error 1",
	"Running, not ready | app waiting CrashLoopBackOff (back-off 20s restarting failed container=app pod=POD), 2 restarts after Error 1",
	"Running, not ready | app running, not ready, 3 restarts after Error 1",
}

var ready = []string{"Running, ready | app running, ready"}

var plays = map[string]play{
	"ready": {spec: image("registry.example/shop:v1"), want: ready},
	"image-not-found": {
		spec: image("registry.example/shop:image-not-found"),
		want: []string{
			`Pending, not ready | app waiting ErrImagePull (rpc error: code = NotFound desc = failed to pull and unpack image "registry.example/shop:image-not-found": failed to resolve image: registry.example/shop:image-not-found: not found)`,
			`Pending, not ready | app waiting ImagePullBackOff (Back-off pulling image "registry.example/shop:image-not-found": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "registry.example/shop:image-not-found": failed to resolve image: registry.example/shop:image-not-found: not found)`,
			`Pending, not ready | app waiting ErrImagePull (rpc error: code = NotFound desc = failed to pull and unpack image "registry.example/shop:image-not-found": failed to resolve image: registry.example/shop:image-not-found: not found)`,
		},
	},
	"registry-5xx": {
		spec: image("registry.example/team/shop:registry-5xx"),
		want: []string{
			`Pending, not ready | app waiting ErrImagePull (rpc error: code = Unavailable desc = failed to pull and unpack image "registry.example/team/shop:registry-5xx": failed to resolve image: unexpected status from HEAD request to https://registry.example/v2/team/shop/manifests/registry-5xx: 503 Service Unavailable)`,
			`Pending, not ready | app waiting ImagePullBackOff (Back-off pulling image "registry.example/team/shop:registry-5xx": ErrImagePull: rpc error: code = Unavailable desc = failed to pull and unpack image "registry.example/team/shop:registry-5xx": failed to resolve image: unexpected status from HEAD request to https://registry.example/v2/team/shop/manifests/registry-5xx: 503 Service Unavailable)`,
		},
	},
	"crash-loop": {spec: image("registry.example/shop:crash-loop"), want: crashes},
	"crash-later": {
		spec: image("registry.example/shop:crash-later"),
		want: []string{
			"Running, ready | app running, ready",
			"Running, not ready | app terminated Error 1",
			"Running, ready | app running, ready, 1 restart after Error 1",
			"Running, not ready | app terminated Error 1, 1 restart after Error 1",
			"Running, not ready | app waiting CrashLoopBackOff (back-off 10s restarting failed container=app pod=POD), 1 restart after Error 1",
			"Running, ready | app running, ready, 2 restarts after Error 1",
		},
	},
	"oom": {
		spec: image("registry.example/shop:oom"),
		want: []string{
			"Running, not ready | app running, not ready",
			"Running, not ready | app terminated OOMKilled 137",
			"Running, not ready | app running, not ready, 1 restart after OOMKilled 137",
			"Running, not ready | app terminated OOMKilled 137, 1 restart after OOMKilled 137",
			"Running, not ready | app waiting CrashLoopBackOff (back-off 10s restarting failed container=app pod=POD), 1 restart after OOMKilled 137",
		},
	},
	"never-ready": {
		spec: image("registry.example/shop:never-ready"),
		want: []string{"Running, not ready | app running, not ready"},
	},
	"slow-start": {
		spec: image("registry.example/shop:slow-start"),
		want: []string{
			"Running, not ready | app starting, not ready",
			"Running, ready | app running, ready",
		},
	},
	"two-containers": {
		spec: `{containers: [{name: app, image: "registry.example/shop:v1"}, {name: proxy, image: "registry.example/crash-loop:v1"}]}`,
		want: []string{
			"Running, not ready | app running, ready | proxy running, not ready",
			"Running, not ready | app running, ready | proxy terminated Error 1",
			"Running, not ready | app running, ready | proxy running, not ready, 1 restart after Error 1",
			"Running, not ready | app running, ready | proxy terminated Error 1, 1 restart after Error 1",
		},
	},
	"by-annotation": {spec: image("registry.example/shop:v1"), annotations: "{" + stages.Annotation + ": crash-loop}", want: crashes},
	"by-variable": {
		spec: `{containers: [{name: app, image: "registry.example/shop:v1", env: [{name: PLAY, value: crash}]}]}`,
		want: crashes,
	},
	"by-configuration": {
		spec: `{containers: [{name: app, image: "registry.example/shop:v1", envFrom: [{configMapRef: {name: shop-never-ready}}]}]}`,
		want: []string{"Running, not ready | app running, not ready"},
	},
}

// The outcomes are played at the pace they have, so this takes a minute.
func TestOutcomes(t *testing.T) {
	cluster := start(t, "--nodes=2", "--audit")
	watchPlays(t, cluster.Record)

	kubectl(t, cluster.Record, "", "delete", "deployments,pods", "--all", "--timeout=30s")
	wantAudit(t, cluster.Record)
	if err := cluster.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cluster.wait(); err != nil {
		t.Errorf("exit code: %v", err)
	}
	wantNothingLeft(t, cluster.Record)
}

// Every outcome of the package is in the table above.
func TestEveryOutcomeIsPlayed(t *testing.T) {
	for _, outcome := range stages.Outcomes() {
		if _, ok := plays[outcome.Name]; !ok {
			t.Errorf("no pod plays %s", outcome.Name)
		}
	}
}

func deployments() string {
	var manifest strings.Builder
	for name, play := range plays {
		annotations := play.annotations
		if annotations == "" {
			annotations = "{}"
		}
		fmt.Fprintf(&manifest, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s, namespace: default}
spec:
  selector: {matchLabels: {play: %[1]s}}
  template:
    metadata: {labels: {play: %[1]s}, annotations: %[2]s}
    spec: %[3]s
`, name, annotations, play.spec)
	}
	return manifest.String()
}

// watchPlays creates the Deployments and reads what happens to their pods until
// every play has gone as far as it is written down.
func watchPlays(t *testing.T, cluster controlplane.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// The watch misses nothing that happens after its first answer, which is the
	// pod that is there already.
	kubectl(t, cluster, "", "run", "spectator", "--image=registry.example/spectator:v1")
	watch := kubectlCommand(ctx, cluster, "get", "pods", "--watch", "--output=json")
	output, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	pods := json.NewDecoder(output)
	if err := pods.Decode(&pod{}); err != nil {
		t.Fatalf("the watch did not begin: %v", err)
	}
	kubectl(t, cluster, deployments(), "apply", "--filename=-")
	seen, err := follow(pods)
	cancel()
	var exit *exec.ExitError
	if waitErr := watch.Wait(); waitErr != nil && !errors.As(waitErr, &exit) && !errors.Is(waitErr, context.Canceled) {
		t.Errorf("kubectl: %v", waitErr)
	}
	if err == nil {
		return
	}
	t.Error(err)
	for name, play := range plays {
		if got := seen[name]; len(got) < len(play.want) {
			t.Errorf("%s went only so far:\n  %s\nstill to come:\n  %s", name,
				strings.Join(got, "\n  "), strings.Join(play.want[len(got):], "\n  "))
		}
	}
}

// follow compares each change of each pod with what is written down. It returns
// what it saw, and an error unless it saw all.
func follow(pods *json.Decoder) (map[string][]string, error) {
	seen := map[string][]string{}
	for left := len(plays); left > 0; {
		var p pod
		if err := pods.Decode(&p); errors.Is(err, io.EOF) {
			return seen, fmt.Errorf("the watch ended with %d plays unfinished", left)
		} else if err != nil {
			return seen, fmt.Errorf("%d plays are unfinished: %w", left, err)
		}
		name := p.Metadata.Labels["play"]
		want, got := plays[name].want, seen[name]
		line := p.String()
		if line == "" || len(got) == len(want) || len(got) > 0 && got[len(got)-1] == line {
			continue // not begun, finished, or a change that is not of the play
		}
		if line != want[len(got)] {
			return seen, fmt.Errorf("%s:\n got %s\nwant %s", name, line, want[len(got)])
		}
		seen[name] = append(got, line)
		if len(seen[name]) == len(want) {
			left--
		}
	}
	return seen, nil
}
