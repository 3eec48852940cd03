package health

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pod returns a ready pod with one container, changed as asked.
func pod(change func(*Pod, *Container)) Pod {
	p := Pod{Name: "shop-x", Release: 2, Created: t0, Ready: true, NodeName: "node-1"}
	c := Container{Name: "app", Ready: true, Started: true}
	change(&p, &c)
	if !c.Ready {
		p.Ready = false
	}
	p.Containers = []Container{c}
	return p
}

// waiting is a container that waits for a reason.
func waiting(reason, message string) func(*Pod, *Container) {
	return func(_ *Pod, c *Container) { *c = Container{Name: "app", Waiting: reason, WaitingMessage: message} }
}

func ended(reason string, code int32) *Termination {
	return &Termination{Reason: reason, ExitCode: code, Message: "last words", At: t0}
}

func code(c int32) *int32 { return &c }

func TestSignOfOnePod(t *testing.T) {
	const notFound = `rpc error: code = NotFound desc = failed to pull and unpack image "r.example/shop:9": not found`
	const unavailable = `rpc error: failed to pull and unpack image: unexpected status from HEAD request to https://r.example/v2/: 503 Service Unavailable`
	cases := map[string]struct {
		pod  Pod
		want []Sign
	}{
		"a ready pod": {pod: pod(func(*Pod, *Container) {})},
		"the name of the image is invalid": {
			pod:  pod(waiting("InvalidImageName", "couldn't parse")),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "InvalidImageName", Message: "couldn't parse"}},
		},
		"the registry does not know the image": {
			pod:  pod(waiting("ErrImagePull", notFound)),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "ErrImagePull", Message: notFound}},
		},
		"the registry does not know the image, backing off": {
			pod:  pod(waiting("ImagePullBackOff", "Back-off pulling image: ErrImagePull: "+notFound)),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "ImagePullBackOff", Message: "Back-off pulling image: ErrImagePull: " + notFound}},
		},
		"the registry is down": {
			pod:  pod(waiting("ErrImagePull", unavailable)),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Container: "app", Reason: "ErrImagePull", Message: unavailable}},
		},
		"the registry has no name": {
			pod:  pod(waiting("ImagePullBackOff", "dial tcp: lookup r.example: no such host")),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Container: "app", Reason: "ImagePullBackOff", Message: "dial tcp: lookup r.example: no such host"}},
		},
		"a key is missing": {
			pod:  pod(waiting("CreateContainerConfigError", `couldn't find key LEVEL in ConfigMap`)),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "CreateContainerConfigError", Message: "couldn't find key LEVEL in ConfigMap"}},
		},
		"the command does not exist": {
			pod:  pod(waiting("RunContainerError", "exec: no such file")),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "RunContainerError", Message: "exec: no such file"}},
		},
		"the command does not exist, and the kubelet backs off": {
			pod: pod(func(_ *Pod, c *Container) {
				*c = Container{Name: "app", Waiting: "CrashLoopBackOff", LastEnded: ended("StartError", 128), Restarts: 2}
			}),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "StartError", Message: "last words", ExitCode: code(128), Restarts: 2, At: t0}},
		},
		"a container that could not be started is ready now": {
			pod: pod(func(_ *Pod, c *Container) { c.LastEnded, c.Restarts = ended("StartError", 128), 1 }),
		},
		"a container that could not be started runs now, and is not ready yet: it can start": {
			pod:  pod(func(_ *Pod, c *Container) { c.LastEnded, c.Restarts, c.Ready = ended("StartError", 128), 1, false }),
			want: []Sign{{Class: NotReady, Pod: "shop-x", Container: "app", Reason: "NotReady", Message: "the container runs, and its readiness probe does not succeed", Restarts: 1}},
		},
		"an init container fails": {
			pod: pod(func(p *Pod, c *Container) {
				*c = Container{Name: "app", Waiting: "PodInitializing"}
				p.Init = []Container{{Name: "migrate", Waiting: "CrashLoopBackOff", LastEnded: ended("Error", 3), Restarts: 1}}
			}),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "migrate", Reason: "CrashLoopBackOff", Message: "last words", ExitCode: code(3), Restarts: 1, At: t0}},
		},
		"an init container that failed runs once more": {
			pod: pod(func(p *Pod, c *Container) {
				*c = Container{Name: "app", Waiting: "PodInitializing"}
				p.Init = []Container{{Name: "migrate", LastEnded: ended("Error", 3), Restarts: 1}}
			}),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "migrate", Reason: "Error", Message: "last words", ExitCode: code(3), Restarts: 1, At: t0}},
		},
		"an init container that failed once and did its work since": {
			pod: pod(func(p *Pod, _ *Container) {
				p.Init = []Container{{Name: "migrate", Ready: true, Ended: ended("Completed", 0), LastEnded: ended("Error", 3), Restarts: 1}}
			}),
		},
		"a container crashed and waits": {
			pod: pod(func(_ *Pod, c *Container) {
				*c = Container{Name: "app", Waiting: "CrashLoopBackOff", LastEnded: ended("Error", 1), Restarts: 2}
			}),
			want: []Sign{{Class: Crash, Pod: "shop-x", Container: "app", Reason: "CrashLoopBackOff", Message: "last words", ExitCode: code(1), Restarts: 2, At: t0}},
		},
		"a container ran out of memory": {
			pod: pod(func(_ *Pod, c *Container) {
				*c = Container{Name: "app", Waiting: "CrashLoopBackOff", LastEnded: ended("OOMKilled", 137), Restarts: 1}
			}),
			want: []Sign{{Class: Crash, Pod: "shop-x", Container: "app", Reason: "OOMKilled", Message: "last words", ExitCode: code(137), Restarts: 1, At: t0}},
		},
		"a server that ends without an error crashes too": {
			pod:  pod(func(_ *Pod, c *Container) { *c = Container{Name: "app", Ended: ended("Completed", 0)} }),
			want: []Sign{{Class: Crash, Pod: "shop-x", Container: "app", Reason: "Completed", Message: "last words", ExitCode: code(0), At: t0}},
		},
		"a container that crashed runs and is not ready yet": {
			pod: pod(func(_ *Pod, c *Container) {
				*c = Container{Name: "app", Started: true, LastEnded: ended("Error", 1), Restarts: 1}
			}),
			want: []Sign{{Class: Crash, Pod: "shop-x", Container: "app", Reason: "Error", Message: "last words", ExitCode: code(1), Restarts: 1, At: t0}},
		},
		"a container that crashed is ready again": {
			pod: pod(func(_ *Pod, c *Container) { c.LastEnded, c.Restarts = ended("Error", 1), 1 }),
		},
		"no node has room": {
			pod: pod(func(p *Pod, c *Container) {
				c.Ready, p.Unschedulable, p.NodeName = false, "0/3 nodes are available: 3 Insufficient cpu.", ""
			}),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Reason: "Unschedulable", Message: "0/3 nodes are available: 3 Insufficient cpu."}},
		},
		"the node went away": {
			pod:  pod(func(p *Pod, c *Container) { c.Ready, p.NodeLost = false, true }),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Reason: "NodeNotReady", Message: "node node-1 is not ready"}},
		},
		"the pod was evicted": {
			pod: pod(func(p *Pod, c *Container) {
				c.Ready, p.Failed, p.Reason, p.Message = false, true, "Evicted", "low on memory"
				c.Ended = ended("Error", 137)
			}),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Reason: "Evicted", Message: "low on memory"}},
		},
		"the pod was evicted under pressure of its node, though it exceeded its requests": {
			pod:  pod(evicted("The node was low on resource: memory. Container app was using 2Gi, request is 1Gi, has larger consumption of memory, it exceeds. ")),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Reason: "Evicted", Message: "The node was low on resource: memory. Container app was using 2Gi, request is 1Gi, has larger consumption of memory, it exceeds. "}},
		},
		"the pod was evicted because it used more than it may": {
			pod:  pod(evicted("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ")),
			want: []Sign{{Class: Crash, Pod: "shop-x", Reason: "Evicted", Message: "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", At: t0}},
		},
		"a volume of the pod outgrew its limit": {
			pod:  pod(evicted("Usage of EmptyDir volume \"cache\" exceeds the limit \"1Gi\". ")),
			want: []Sign{{Class: Crash, Pod: "shop-x", Reason: "Evicted", Message: "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Gi\". ", At: t0}},
		},
		"an init container's image cannot be pulled for now": {
			pod: pod(func(p *Pod, _ *Container) {
				p.Init = []Container{{Name: "init", Waiting: "ImagePullBackOff", WaitingMessage: "i/o timeout"}}
			}),
			want: []Sign{{Class: Infrastructure, Pod: "shop-x", Container: "init", Reason: "ImagePullBackOff", Message: "i/o timeout"}},
		},
		"an init container has done its work": {
			pod: pod(func(p *Pod, _ *Container) { p.Init = []Container{{Name: "init", Ended: ended("Completed", 0)}} }),
		},
		"a crash loop whose last end is not told": {
			pod:  pod(waiting("CrashLoopBackOff", "back-off")),
			want: []Sign{{Class: Crash, Pod: "shop-x", Container: "app", Reason: "CrashLoopBackOff", Message: "back-off", ExitCode: code(0)}},
		},
		"the image is not signed as asked": {
			pod:  pod(waiting("SignatureValidationFailed", "no signature")),
			want: []Sign{{Class: Terminal, Pod: "shop-x", Container: "app", Reason: "SignatureValidationFailed", Message: "no signature"}},
		},
		"readiness does not come": {
			pod: pod(func(_ *Pod, c *Container) { c.Ready = false }),
			want: []Sign{{
				Class: NotReady, Pod: "shop-x", Container: "app", Reason: "NotReady",
				Message: "the container runs, and its readiness probe does not succeed",
			}},
		},
		"a container is being made": {
			pod:  pod(waiting("ContainerCreating", "")),
			want: []Sign{{Class: NotReady, Pod: "shop-x", Container: "app", Reason: "ContainerCreating"}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Assess(Facts{Pods: []Pod{c.pod}, NodesReady: true}).Signs); diff != "" {
				t.Errorf("signs: want -, got +:\n%s", diff)
			}
		})
	}
}

// evicted is a pod that its kubelet ended as a whole.
func evicted(message string) func(*Pod, *Container) {
	return func(p *Pod, c *Container) {
		c.Ready, p.Failed, p.Reason, p.Message, p.Turned = false, true, "Evicted", message, t0
	}
}

func TestAnEvictionForWhatThePodUsedFailsTheBake(t *testing.T) {
	outgrown := pod(evicted("Container app exceeded its local ephemeral storage limit \"1Gi\". "))
	outgrown.Turned = t0.Add(5 * time.Second)
	got := Assess(Facts{Pods: []Pod{outgrown}, NodesReady: true, CompletedAt: t0})
	if want := t0.Add(5 * time.Second); got.Class != Crash || !got.LastEnd.Equal(want) {
		t.Errorf("class %q, last end %s, want Crash and %s", got.Class, got.LastEnd, want)
	}
}

// TestPullFailures tells answers that will not change from trouble that may
// pass, by what containerd and registries say (Docker Hub, ghcr.io, Artifact
// Registry, ECR, Harbor).
func TestPullFailures(t *testing.T) {
	const pull = `failed to pull and unpack image "r.example/shop:9": failed to resolve reference "r.example/shop:9": `
	cases := map[string]struct {
		message string
		want    Class
	}{
		"not found":            {pull + `r.example/shop:9: not found`, Terminal},
		"no such platform":     {pull + `no match for platform in manifest: not found`, Terminal},
		"anonymous and denied": {pull + `pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`, Terminal},
		"unauthorized":         {pull + `failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://r.example/token: 401 Unauthorized`, Terminal},
		"forbidden":            {pull + `failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r.example/token: 403 Forbidden`, Terminal},
		"no basic credentials": {pull + `unexpected status from HEAD request to https://r.example/v2/shop/manifests/9: 401 Unauthorized: no basic auth credentials`, Terminal},
		"internal error":       {pull + `unexpected status from HEAD request to https://r.example/v2/shop/manifests/9: 500 Internal Server Error`, Infrastructure},
		"bad gateway":          {pull + `unexpected status from GET request to https://r.example/v2/: 502 Bad Gateway`, Infrastructure},
		"unavailable":          {pull + `unexpected status from HEAD request to https://r.example/v2/: 503 Service Unavailable`, Infrastructure},
		"gateway timeout":      {`failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/shop/blobs/sha256:0: 504 Gateway Timeout`, Infrastructure},
		"too many requests":    {pull + `unexpected status from HEAD request to https://r.example/v2/shop/manifests/9: 429 Too Many Requests`, Infrastructure},
		"rate limit of the Hub": {`failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/shop/manifests/sha256:0: ` +
			`429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit`, Infrastructure},
		"no such host":     {pull + `failed to do request: Head "https://r.example/v2/shop/manifests/9": dial tcp: lookup r.example: no such host`, Infrastructure},
		"dns is down":      {pull + `failed to do request: Head "https://r.example/v2/": dial tcp: lookup r.example on 10.96.0.10:53: server misbehaving`, Infrastructure},
		"refused":          {pull + `failed to do request: Head "https://r.example/v2/": dial tcp 192.0.2.1:443: connect: connection refused`, Infrastructure},
		"dial timeout":     {pull + `failed to do request: Head "https://r.example/v2/": dial tcp 192.0.2.1:443: i/o timeout`, Infrastructure},
		"tls timeout":      {pull + `failed to do request: Head "https://r.example/v2/": net/http: TLS handshake timeout`, Infrastructure},
		"deadline":         {`rpc error: code = DeadlineExceeded desc = context deadline exceeded`, Infrastructure},
		"cut off":          {`failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://r.example/v2/": unexpected EOF`, Infrastructure},
		"the node's limit": {`pull QPS exceeded`, Infrastructure},
		"no room on disk":  {`failed to extract layer sha256:0: write /var/lib/containerd/tmp: no space left on device`, Infrastructure},
	}
	for name, c := range cases {
		for _, reason := range []string{"ErrImagePull", "ImagePullBackOff"} {
			t.Run(name+", "+reason, func(t *testing.T) {
				got := Assess(Facts{Pods: []Pod{pod(waiting(reason, c.message))}, NodesReady: true})
				if got.Class != c.want {
					t.Errorf("class %q, want %q", got.Class, c.want)
				}
			})
		}
	}
}

func TestPodsThatCannotBeMade(t *testing.T) {
	cases := map[string]struct {
		message string
		want    Sign
	}{
		"quota": {
			`pods "shop-x" is forbidden: exceeded quota: small, requested: pods=1`,
			Sign{Class: Infrastructure, Reason: "QuotaExceeded"},
		},
		"pod security": {
			`pods "shop-x" is forbidden: violates PodSecurity "restricted:latest"`,
			Sign{Class: Terminal, Reason: "PodsRefused"},
		},
		"a pod that is not valid": {
			`Pod "shop-x" is invalid: spec.priority: Invalid value: 5`,
			Sign{Class: Terminal, Reason: "PodsRefused"},
		},
		"a webhook that refuses": {
			`admission webhook "policy.example" denied the request: no`,
			Sign{Class: Terminal, Reason: "PodsRefused"},
		},
		"a webhook that is down": {
			`Internal error occurred: failed calling webhook "policy.example": connection refused`,
			Sign{Class: Infrastructure, Reason: "WebhookUnavailable"},
		},
		"anything else": {
			`etcdserver: request timed out`,
			Sign{Class: Infrastructure, Reason: "PodsNotCreated"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.want.Message = c.message
			got := Assess(Facts{ReplicaFailure: c.message, NodesReady: true})
			if diff := cmp.Diff(Verdict{Class: c.want.Class, Signs: []Sign{c.want}, NodesReady: true}, got); diff != "" {
				t.Errorf("verdict: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestVerdictOfSeveralPods(t *testing.T) {
	unready := pod(func(p *Pod, c *Container) { p.Name, c.Ready, p.Turned = "shop-a", false, t0.Add(2*time.Second) })
	crashing := pod(func(p *Pod, c *Container) {
		p.Name, p.Turned = "shop-b", t0.Add(2*time.Second)
		*c = Container{Name: "app", Waiting: "CrashLoopBackOff", LastEnded: ended("Error", 1), Restarts: 4}
	})
	leaving := pod(func(p *Pod, c *Container) {
		p.Deleting = true
		*c = Container{Name: "app", Ended: ended("Error", 143), Restarts: 9}
	})

	got := Assess(Facts{Pods: []Pod{unready, crashing, leaving}, NodesReady: true, CompletedAt: t0.Add(time.Second)})

	want := Verdict{
		Class: Crash, Pods: 2, Affected: 1, Restarts: 4, Lost: 2, LastEnd: t0, NodesReady: true,
		Signs: []Sign{
			{Class: Crash, Pod: "shop-b", Container: "app", Reason: "CrashLoopBackOff", Message: "last words", ExitCode: code(1), Restarts: 4, At: t0},
			{Class: NotReady, Pod: "shop-a", Container: "app", Reason: "NotReady", Message: "the container runs, and its readiness probe does not succeed"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdict: want -, got +:\n%s", diff)
	}
}

// With spec.rollout.maxRestarts 0 the second start would be a crash else.
func TestAStartThatFailsIsNoRestart(t *testing.T) {
	never := pod(func(_ *Pod, c *Container) {
		*c = Container{Name: "app", Waiting: "CrashLoopBackOff", LastEnded: ended("StartError", 128), Restarts: 3}
	})
	if got := Assess(Facts{Pods: []Pod{never}, NodesReady: true}); got.Restarts != 0 || got.Class != Terminal {
		t.Errorf("got %d restarts and class %s, want none and Terminal", got.Restarts, got.Class)
	}
}

func TestLostReadinessBlamesNoNodeAndNoNewPod(t *testing.T) {
	lostNode := pod(func(p *Pod, c *Container) { c.Ready, p.NodeLost, p.Turned = false, true, t0.Add(2*time.Second) })
	evicted := pod(func(p *Pod, c *Container) {
		c.Ready, p.Failed, c.Ended, c.Restarts = false, true, ended("Error", 137), 9
	})
	stale := pod(func(p *Pod, c *Container) { c.Ready, p.Turned = false, t0 })
	young := pod(func(p *Pod, c *Container) {
		c.Ready, p.Created, p.Turned = false, t0.Add(time.Minute), t0.Add(time.Minute)
	})
	got := Assess(Facts{Pods: []Pod{lostNode, young, evicted, stale}, CompletedAt: t0.Add(time.Second)})
	if got.Lost != 0 || got.Restarts != 0 || !got.LastEnd.IsZero() || got.Class != Infrastructure {
		t.Errorf("verdict %+v, want nothing lost, no restarts, no end, class Infrastructure", got)
	}
}

func TestForeignMessagesAreCutAtARune(t *testing.T) {
	message := strings.Repeat("a", maxMessage-1) + "ü" + "tail"
	got := Assess(Facts{Pods: []Pod{pod(waiting("CreateContainerError", message))}}).Signs[0].Message
	if want := strings.Repeat("a", maxMessage-1); got != want {
		t.Errorf("message of %d bytes ends in %q, want %d bytes that end before the rune", len(got), got[len(got)-3:], len(want))
	}
}

func BenchmarkAssess(b *testing.B) {
	facts := Facts{NodesReady: true}
	for range 100 {
		facts.Pods = append(facts.Pods, pod(waiting("ImagePullBackOff", "not found")))
	}
	for b.Loop() {
		Assess(facts)
	}
}
