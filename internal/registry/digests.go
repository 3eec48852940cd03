package registry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	// Timeout bounds a question: reading credentials, tokens, and retries.
	Timeout = 5 * time.Second
	// firstPause and longestPause are how long a failure is remembered.
	firstPause   = 10 * time.Second
	longestPause = 5 * time.Minute
	// fresh is how long a digest may be used that was asked for: when the
	// Release could not be made at once, the tag may have moved since.
	fresh = time.Minute
	// atATime is how many requests are under way at a time.
	atATime = 16
	// memory bounds how many Apps and failures are remembered. Who is
	// forgotten asks again.
	memory = 10_000
)

// Options say how registries are asked.
type Options struct {
	// CAFile holds certificates, in PEM, of authorities that registries are
	// trusted by besides those of the system. Empty: none.
	CAFile string
	// Timeout bounds a question. Zero: Timeout.
	Timeout time.Duration
}

// Question asks what an image's tag stands for.
type Question struct {
	App *v1alpha1.App
	// Image is the reference in full, with a tag.
	Image string
	// Release is the number of the Release that is to be made.
	Release int64
	// Wish is what a person asks for beside the spec. Another wish makes the
	// registry be asked again at once.
	Wish string
}

// Answer is what is known of a tag. Either the digest is known, or the answer is
// Pending, or there is a Problem, or both of these: then the registry is asked
// again after a failure.
type Answer struct {
	// Digest is what the tag stands for, for example sha256:0123...
	Digest string
	// Pending tells that an answer is on its way. The App is called when it is
	// there.
	Pending bool
	// Problem is why there is no digest. It names field, registry, what it
	// answered and the way out.
	Problem string
	// Next is when the registry may be asked again after a Problem.
	Next time.Time
}

// Digests finds out what tags stand for.
type Digests struct {
	metadata client.Reader // of Secrets, from a cache
	live     client.Reader // the API server
	asker    *asker
	timeout  time.Duration
	clock    clock.PassiveClock
	called   func(types.NamespacedName)
	free     chan struct{} // a slot for each request under way

	mu       sync.Mutex
	asked    *lru.Cache // UID of an App -> asked
	failures *lru.Cache // subject -> *call
	underWay map[subject]*call
}

// subject is what an answer depends on.
type subject struct {
	namespace, account, image string
	secrets                   string // names and versions of the App's pull secrets
}

// ticket identifies one App's question.
type ticket struct {
	subject
	release int64
	wish    string
}

type asked struct {
	ticket ticket
	call   *call
}

// call is one question to a registry, for everybody who has it.
type call struct {
	apps     map[types.NamespacedName]bool // to be called
	done     bool
	digest   string
	problem  string
	answered time.Time
	failures int // in a row
	next     time.Time
}

// New returns Digests that read metadata of Secrets from a cache and all else
// from the API server. Called is given the names of Apps whose answer has come;
// it may block.
func New(metadata, live client.Reader, clk clock.PassiveClock, o Options, called func(types.NamespacedName)) (*Digests, error) {
	transport, err := transport(o.CAFile)
	if err != nil {
		return nil, err
	}
	d := &Digests{
		metadata: metadata,
		live:     live,
		asker:    &asker{transport: transport},
		timeout:  o.Timeout,
		clock:    clk,
		called:   called,
		free:     make(chan struct{}, atATime),
		asked:    lru.New(memory),
		failures: lru.New(memory),
		underWay: map[subject]*call{},
	}
	if d.timeout == 0 {
		d.timeout = Timeout
	}
	return d, nil
}

// Ask asks what a tag stands for and does not wait for the answer. An error
// means that it could not be found out what to ask.
func (d *Digests) Ask(ctx context.Context, now time.Time, q Question) (Answer, error) {
	s, err := d.subject(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	mine := ticket{s, q.Release, q.Wish}
	before := d.before(q.App.UID)
	c := d.known(now, mine, before)
	if c == nil {
		c = d.ask(ctx, s, q.App)
	}
	d.asked.Add(q.App.UID, asked{mine, c})
	if !c.done {
		c.apps[client.ObjectKeyFromObject(q.App)] = true
		return Answer{Pending: true, Problem: d.lastProblem(s)}, nil
	}
	return Answer{Digest: c.digest, Problem: c.problem, Next: c.next}, nil
}

// before is what an App asked last.
func (d *Digests) before(app types.UID) asked {
	if known, ok := d.asked.Get(app); ok {
		return known.(asked)
	}
	return asked{}
}

// known finds a call whose answer serves a question, nil when the registry is
// to be asked.
func (d *Digests) known(now time.Time, mine ticket, before asked) *call {
	if before.call != nil && before.ticket == mine && before.call.serves(now) {
		return before.call
	}
	another := before.call != nil && before.ticket.subject == mine.subject && before.ticket.wish != mine.wish
	if c := d.failure(mine.subject); c != nil && !another && c.serves(now) {
		return c
	}
	return d.underWay[mine.subject]
}

// serves tells whether a call serves who has asked for it.
func (c *call) serves(now time.Time) bool {
	switch {
	case !c.done:
		return true
	case c.digest != "":
		return now.Before(c.answered.Add(fresh))
	}
	return now.Before(c.next)
}

func (d *Digests) failure(s subject) *call {
	if known, ok := d.failures.Get(s); ok {
		return known.(*call)
	}
	return nil
}

func (d *Digests) lastProblem(s subject) string {
	if c := d.failure(s); c != nil {
		return c.problem
	}
	return ""
}

// subject is what the answer to a question depends on.
func (d *Digests) subject(ctx context.Context, q Question) (subject, error) {
	w := &q.App.Spec.WorkloadSpec
	var versions []string
	for _, ref := range w.ImagePullSecrets {
		meta := &metav1.PartialObjectMetadata{}
		meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		err := d.metadata.Get(ctx, client.ObjectKey{Namespace: q.App.Namespace, Name: ref.Name}, meta)
		if client.IgnoreNotFound(err) != nil {
			return subject{}, fmt.Errorf("spec.imagePullSecrets: read Secret %q: %w", ref.Name, err)
		}
		versions = append(versions, ref.Name+"="+string(meta.UID)+"/"+meta.ResourceVersion)
	}
	return subject{q.App.Namespace, account(w), q.Image, strings.Join(versions, " ")}, nil
}

// account is the service account that an App's pods run as.
func account(w *v1alpha1.WorkloadSpec) string {
	if w.ServiceAccountName == "" {
		return "default"
	}
	return w.ServiceAccountName
}

// ask sends somebody to ask a registry.
func (d *Digests) ask(ctx context.Context, s subject, app *v1alpha1.App) *call {
	c := &call{apps: map[types.NamespacedName]bool{}}
	d.underWay[s] = c
	var secrets []string
	for _, ref := range app.Spec.ImagePullSecrets {
		secrets = append(secrets, ref.Name)
	}
	// The pass ends before the answer comes.
	go d.run(context.WithoutCancel(ctx), s, secrets, c)
	return c
}

// run asks a registry and calls those who wait for the answer. The time begins
// when a slot is free: a slow registry must not make others look slow.
func (d *Digests) run(ctx context.Context, s subject, secrets []string, c *call) {
	d.free <- struct{}{}
	digest, problem := d.find(ctx, s, secrets)
	<-d.free
	for _, app := range d.end(s, c, digest, problem) {
		d.called(app)
	}
}

// end notes an answer and returns who waits for it.
func (d *Digests) end(s subject, c *call, digest, problem string) []types.NamespacedName {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.done, c.digest, c.problem, c.answered = true, digest, problem, d.clock.Now()
	if d.underWay[s] == c {
		delete(d.underWay, s)
	}
	if digest != "" {
		d.failures.Remove(s)
	} else {
		if last := d.failure(s); last != nil {
			c.failures = last.failures
		}
		c.failures++
		c.next = c.answered.Add(pause(c.failures))
		d.failures.Add(s, c)
	}
	apps := make([]types.NamespacedName, 0, len(c.apps))
	for app := range c.apps {
		apps = append(apps, app)
	}
	return apps
}

// pause is how long nobody asks again after so many failures in a row.
func pause(failures int) time.Duration {
	wait := firstPause
	for range failures - 1 {
		if wait *= 2; wait >= longestPause {
			return longestPause
		}
	}
	return wait
}

// find asks with the credentials there are.
func (d *Digests) find(ctx context.Context, s subject, secrets []string) (digest, problem string) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	ref, err := parse(s.image)
	if err != nil {
		return "", fmt.Sprintf("spec.image: no registry can be asked for %q: name it by its digest", s.image)
	}
	keys, err := d.credentials(ctx, s, secrets, ref)
	if err != nil {
		return "", fmt.Sprintf("spec.imagePullSecrets: the credentials for %q could not be read (%s): let the operator read Secrets and ServiceAccounts", s.image, reasonOf(err))
	}
	digest, err = d.asker.digest(ctx, ref, keys.found)
	if err != nil {
		return "", describe(err, s.image, keys, d.timeout)
	}
	return digest, ""
}

// reasonOf is why the API server did not answer, in a word.
func reasonOf(err error) string {
	if reason := apierrors.ReasonForError(err); reason != metav1.StatusReasonUnknown {
		return string(reason)
	}
	return "no answer"
}
