package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// desk is where Apps ask.
type desk struct {
	t       *testing.T
	digests *Digests
	api     client.Client
	clock   *clocktesting.FakePassiveClock
	called  chan types.NamespacedName
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newDesk(t *testing.T, o Options, objects ...client.Object) *desk {
	t.Helper()
	d := &desk{
		t:      t,
		api:    fake.NewClientBuilder().WithObjects(objects...).Build(),
		clock:  clocktesting.NewFakePassiveClock(noon),
		called: make(chan types.NamespacedName, 100),
	}
	digests, err := New(d.api, d.api, d.clock, o, func(app types.NamespacedName) { d.called <- app })
	must(t, err)
	d.digests = digests
	return d
}

// app is an App with pull secrets.
func app(name string, secrets ...string) *v1alpha1.App {
	a := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "shops", Name: name, UID: types.UID(name)}}
	for _, secret := range secrets {
		a.Spec.ImagePullSecrets = append(a.Spec.ImagePullSecrets, v1alpha1.LocalReference{Name: secret})
	}
	return a
}

// ask asks once.
func (d *desk) ask(q Question) Answer {
	d.t.Helper()
	answer, err := d.digests.Ask(d.t.Context(), d.clock.Now(), q)
	must(d.t, err)
	return answer
}

// answer asks, waits to be called, and asks again.
func (d *desk) answer(q Question) Answer {
	d.t.Helper()
	if answer := d.ask(q); !answer.Pending || answer.Digest != "" {
		d.t.Fatalf("the first answer is %+v, not Pending", answer)
	}
	d.awaitCall(q.App.Name)
	return d.ask(q)
}

func (d *desk) awaitCall(name string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	select {
	case got := <-d.called:
		if got != (types.NamespacedName{Namespace: "shops", Name: name}) {
			d.t.Fatalf("%s was called, not %s", got, name)
		}
	case <-ctx.Done():
		d.t.Fatalf("nobody was called, %s waits", name)
	}
}

func (d *desk) step(by time.Duration) { d.clock.SetTime(d.clock.Now().Add(by)) }

func TestDigest(t *testing.T) {
	s := start(t, false)
	want := s.push(t, "shop:1.4.2")
	index := s.pushIndex(t, "team/many:latest")
	d := newDesk(t, Options{})
	for image, want := range map[string]string{"shop:1.4.2": want, "team/many:latest": index} {
		got := d.answer(Question{App: app("shop"), Image: s.image(image), Release: 1})
		if diff := cmp.Diff(Answer{Digest: want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", image, diff)
		}
	}
	if got := s.requests(); slices.ContainsFunc(got, func(r string) bool { return strings.HasPrefix(r, "GET") }) {
		t.Errorf("the registry was asked %q: a GET counts as a pull", got)
	}
}

// TestPrivate asks registries that want a password, directly or for a token.
func TestPrivate(t *testing.T) {
	account := func(name string, secrets ...string) *corev1.ServiceAccount {
		a := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "shops", Name: name}}
		for _, secret := range secrets {
			a.ImagePullSecrets = append(a.ImagePullSecrets, corev1.LocalObjectReference{Name: secret})
		}
		return a
	}
	opaque := pullSecret("opaque", "any", password)
	opaque.Type = corev1.SecretTypeOpaque
	broken := pullSecret("broken", "any", password)
	broken.Data[corev1.DockerConfigJsonKey] = []byte(password)
	named := func(a *v1alpha1.App, account string) *v1alpha1.App {
		a.Spec.ServiceAccountName = account
		return a
	}
	for name, c := range map[string]struct {
		app     *v1alpha1.App
		problem string // after "spec.image: HOST answered "; with a basic password
		bearer  string // the same with a token, when it differs
	}{
		"a Secret of the App":                   {app: app("shop", "right")},
		"an old password beside the new one":    {app: app("shop", "wrong", "right")},
		"a Secret of the default account":       {app: app("shop")},
		"a Secret of the App's account":         {app: named(app("shop"), "robot")},
		"a password for any registry of a kind": {app: app("shop", "wildcard")},
		"a wrong password": {
			app:     app("shop", "wrong"),
			problem: `403 Forbidden for %q: check spec.imagePullSecrets`,
			bearer:  `401 Unauthorized for %q: check spec.imagePullSecrets`,
		},
		"an account without Secrets": {
			app:     named(app("shop"), "poor"),
			problem: `401 Unauthorized for %q: name a Secret with credentials for it in spec.imagePullSecrets`,
		},
		"no account": {
			app:     named(app("shop"), "nobody"),
			problem: `401 Unauthorized for %q: name a Secret with credentials for it in spec.imagePullSecrets`,
		},
		"Secrets of no use": {
			app: app("shop", "missing", "opaque", "broken", "other"),
			problem: `401 Unauthorized for %q: name a Secret with credentials for it in spec.imagePullSecrets (Secret "missing" does not exist; ` +
				`Secret "opaque" has the type Opaque and not kubernetes.io/dockerconfigjson; Secret "broken" holds no credentials that can be read; Secret "other" holds nothing for it)`,
		},
	} {
		for _, kind := range []string{"basic", "bearer"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := start(t, true)
				digest := s.push(t, "shop:1.4.2")
				port := s.host()[strings.LastIndexByte(s.host(), ':'):]
				problem := c.problem
				if kind == "basic" {
					s.guardedBy(basic)
				} else {
					s.guardedBy(s.bearer)
					if c.bearer != "" {
						problem = c.bearer
					}
				}
				d := newDesk(t, Options{CAFile: s.authority(t)},
					pullSecret("right", s.host(), password), pullSecret("wrong", s.host(), "old-"+password),
					pullSecret("wildcard", "*.0.0.*"+port, password), pullSecret("other", "registry.example", password), opaque.DeepCopy(), broken.DeepCopy(),
					account("default", "right"), account("robot", "right"), account("poor"))
				image := s.image("shop:1.4.2")
				got := d.answer(Question{App: c.app.DeepCopy(), Image: image, Release: 1})
				want := Answer{Digest: digest}
				if problem != "" {
					want = Answer{Problem: "spec.image: " + s.host() + " answered " + fmt.Sprintf(problem, image), Next: noon.Add(10 * time.Second)}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestProblems: what is said names the registry, what it answered and a way out.
func TestProblems(t *testing.T) {
	block := func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}
	for name, c := range map[string]struct {
		guard  func(http.ResponseWriter, *http.Request) bool
		secure bool
		image  string
		want   string // after "spec.image: HOST "
	}{
		"no such tag":         {guard: nil, want: `answered 404 Not Found for %q: correct the repository or the tag, or push the image`},
		"too many":            {guard: says(http.StatusTooManyRequests), want: `answered 429 Too Many Requests for %q: wait until it allows requests again`},
		"broken":              {guard: says(http.StatusInternalServerError), want: `answered 500 Internal Server Error for %q: wait until it answers in full`},
		"away":                {guard: says(http.StatusServiceUnavailable), want: `answered 503 Service Unavailable for %q: wait until it answers in full`},
		"slow":                {guard: block, want: `gave no answer within 200ms for %q: see that the operator can reach it`},
		"a foreign authority": {secure: true, want: `has a certificate of an unknown authority for %q: give the operator that authority's certificate with --registry-ca-file`},
		"no registry": {guard: func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, "hello")
			return true
		}, want: `gave no manifest for %q: see that it is a registry`},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.secure)
			s.guardedBy(c.guard)
			timeout := Timeout
			if name == "slow" {
				timeout = 200 * time.Millisecond
			}
			d := newDesk(t, Options{Timeout: timeout})
			image := s.image("shop:1.4.2")
			got := d.answer(Question{App: app("shop"), Image: image, Release: 1})
			want := Answer{Problem: "spec.image: " + s.host() + " " + fmt.Sprintf(c.want, image), Next: noon.Add(10 * time.Second)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := start(t, false)
	host := s.host()
	s.Close()
	for image, want := range map[string]string{
		host + "/shop:1":          "spec.image: " + host + ` refused the connection for "` + host + `/shop:1": see that the operator can reach it`,
		"registry.invalid/shop:1": `spec.image: registry.invalid has a name that cannot be looked up for "registry.invalid/shop:1": correct the registry's name, or see that the operator can reach it`,
		"Shop/app:1":              `spec.image: no registry can be asked for "Shop/app:1": name it by its digest`,
	} {
		got := newDesk(t, Options{}).answer(Question{App: app("shop"), Image: image, Release: 1})
		if got.Problem != want {
			t.Errorf("got  %s\nwant %s", got.Problem, want)
		}
	}
}

// TestOtherMachinesOnlyWithTLS: the library would send a password in the clear
// to a private address.
func TestOtherMachinesOnlyWithTLS(t *testing.T) {
	guard, err := transport("")
	must(t, err)
	for _, url := range []string{"http://10.0.0.1/v2/", "http://192.168.0.1:5000/v2/", "http://registry.example/v2/"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		must(t, err)
		response, err := guard.RoundTrip(request)
		if err != errPlain { //nolint:errorlint // the very error
			t.Errorf("%s: %v", url, err)
		}
		if response != nil {
			response.Body.Close()
		}
	}
}

// TestNoCredentialsInProblems has a registry tell what it was told, in every
// place that an error could quote.
func TestNoCredentialsInProblems(t *testing.T) {
	echoes := map[string]func(w http.ResponseWriter, r *http.Request, said string){
		"body": func(w http.ResponseWriter, _ *http.Request, said string) { http.Error(w, said, http.StatusBadGateway) },
		"error": func(w http.ResponseWriter, _ *http.Request, said string) {
			http.Error(w, fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, said, said), http.StatusForbidden)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request, said string) {
			http.Redirect(w, r, "https://127.0.0.1:1/"+said, http.StatusFound)
		},
		"host": func(w http.ResponseWriter, r *http.Request, said string) {
			http.Redirect(w, r, "https://"+said+".invalid/", http.StatusFound)
		},
		"digest": func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Content-Type", said)
			w.Header().Set("Docker-Content-Digest", said)
		},
		"challenge": func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer realm=%q", "https://127.0.0.1:1/"+said))
			w.WriteHeader(http.StatusUnauthorized)
		},
	}
	for name, echo := range echoes {
		t.Run(name, func(t *testing.T) {
			s := start(t, true)
			s.guardedBy(func(w http.ResponseWriter, r *http.Request) bool {
				if basic(w, r) {
					return true
				}
				if r.URL.Path == "/v2/" {
					return false
				}
				said := r.Header.Get("Authorization")
				if name != "body" && name != "error" {
					said = strings.TrimPrefix(said, "Basic ")
				}
				echo(w, r, said+password)
				return true
			})
			d := newDesk(t, Options{CAFile: s.authority(t), Timeout: time.Second}, pullSecret("regcred", s.host(), password))
			got := d.answer(Question{App: app("shop", "regcred"), Image: s.image("shop:1"), Release: 1})
			if got.Problem == "" {
				t.Fatal("there is no problem")
			}
			for _, secret := range []string{password, base64.StdEncoding.EncodeToString([]byte(user + ":" + password))} {
				if strings.Contains(got.Problem, secret) {
					t.Errorf("the problem holds credentials: %s", got.Problem)
				}
			}
		})
	}
}

// TestHeadUnsupported: some registries answer no HEAD, or not in full.
func TestHeadUnsupported(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"refused": func(w http.ResponseWriter) { w.WriteHeader(http.StatusMethodNotAllowed) },
		"not in full": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		},
		"as of a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0123456789abcdef", 4))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, false)
			want := s.push(t, "shop:1")
			s.guardedBy(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodHead {
					return false
				}
				answer(w)
				return true
			})
			got := newDesk(t, Options{}).answer(Question{App: app("shop"), Image: s.image("shop:1"), Release: 1})
			if got.Digest != want {
				t.Errorf("got %+v, want %s", got, want)
			}
		})
	}
}

func TestAuthorities(t *testing.T) {
	s := start(t, true)
	want := s.push(t, "shop:1")
	q := Question{App: app("shop"), Image: s.image("shop:1"), Release: 1}
	if got := newDesk(t, Options{CAFile: s.authority(t)}).answer(q); got.Digest != want {
		t.Errorf("with the authority: %+v", got)
	}
	if got := newDesk(t, Options{}).answer(q); !strings.Contains(got.Problem, "unknown authority") {
		t.Errorf("without it: %+v", got)
	}
	folder := t.TempDir()
	empty, missing := filepath.Join(folder, "empty.pem"), filepath.Join(folder, "missing.pem")
	must(t, os.WriteFile(empty, nil, 0o600))
	for file, want := range map[string]string{
		empty:   "--registry-ca-file=" + empty + ": there is no certificate in it: it wants one or more in PEM (-----BEGIN CERTIFICATE-----)",
		missing: "--registry-ca-file: open " + missing + ": no such file or directory",
	} {
		if _, err := New(nil, nil, nil, Options{CAFile: file}, nil); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestAskedAnewForEachRelease: an answer is kept for the Release it was asked
// for, for a minute, and for no other.
func TestAskedAnewForEachRelease(t *testing.T) {
	s := start(t, false)
	before := s.push(t, "shop:latest")
	d := newDesk(t, Options{})
	q := Question{App: app("shop"), Image: s.image("shop:latest"), Release: 1}
	if got := d.answer(q); got.Digest != before {
		t.Fatalf("got %+v, want %s", got, before)
	}
	after := s.push(t, "shop:latest")
	asked := len(s.requests())
	if got := d.ask(q); got.Digest != before {
		t.Errorf("asked again for the same Release: %+v, want %s", got, before)
	}
	if got := len(s.requests()); got != asked {
		t.Errorf("the registry was asked %d more times", got-asked)
	}
	q.Release = 2
	if got := d.answer(q); got.Digest != after {
		t.Errorf("asked for the next Release: %+v, want %s", got, after)
	}
	d.step(time.Minute)
	third := s.push(t, "shop:latest")
	if got := d.answer(q); got.Digest != third {
		t.Errorf("asked a minute later: %+v, want %s", got, third)
	}
}

// TestJoined: those who ask at the same time cost one request.
func TestJoined(t *testing.T) {
	s := start(t, false)
	want := s.push(t, "shop:1")
	pushed := len(s.requests())
	open := make(chan struct{})
	s.guardedBy(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			<-open
		}
		return false
	})
	d := newDesk(t, Options{})
	question := func(i int) Question {
		return Question{App: app(fmt.Sprintf("shop-%d", i)), Image: s.image("shop:1"), Release: int64(i)}
	}
	names := map[string]bool{}
	for i := range 20 {
		if got := d.ask(question(i)); !got.Pending {
			t.Fatalf("App %d: %+v", i, got)
		}
	}
	close(open)
	for range 20 {
		names[(<-d.called).Name] = true
	}
	for i := range 20 {
		if got := d.ask(question(i)); got.Digest != want {
			t.Errorf("App %d: %+v", i, got)
		}
	}
	if got := len(s.requests()) - pushed; got != 1 || len(names) != 20 {
		t.Errorf("%d requests for 20 Apps, %d of them called", got, len(names))
	}
}

// TestFailuresAreRemembered: a failure costs no request until Next, which moves
// out further each time, and is forgotten with the first digest.
func TestFailuresAreRemembered(t *testing.T) {
	s := start(t, false)
	s.guardedBy(says(http.StatusInternalServerError))
	d := newDesk(t, Options{})
	q := Question{App: app("shop"), Image: s.image("shop:1"), Release: 1}
	problem := d.answer(q).Problem
	for i, pause := range []time.Duration{10, 20, 40, 80, 160, 300, 300} {
		pause *= time.Second
		asked := len(s.requests())
		d.step(pause - time.Nanosecond)
		want := Answer{Problem: problem, Next: d.clock.Now().Add(time.Nanosecond)}
		for _, who := range []Question{q, {App: app("other"), Image: q.Image, Release: 1}} {
			if diff := cmp.Diff(want, d.ask(who)); diff != "" {
				t.Fatalf("failure %d, %s (-want +got):\n%s", i+1, who.App.Name, diff)
			}
		}
		if got := len(s.requests()); got != asked {
			t.Fatalf("failure %d: the registry was asked before its time", i+1)
		}
		d.step(time.Nanosecond)
		if diff := cmp.Diff(Answer{Pending: true, Problem: problem}, d.ask(q)); diff != "" {
			t.Fatalf("failure %d, asked again (-want +got):\n%s", i+1, diff)
		}
		d.awaitCall("shop")
	}
	s.guardedBy(nil)
	want := s.push(t, "shop:1")
	d.step(5 * time.Minute)
	d.ask(q)
	d.awaitCall("shop")
	if got := d.ask(q); got.Digest != want {
		t.Fatalf("%+v, want %s", got, want)
	}
	s.guardedBy(says(http.StatusInternalServerError))
	q.Release = 2
	if got := d.answer(q); !got.Next.Equal(d.clock.Now().Add(10 * time.Second)) {
		t.Errorf("the pause begins anew after a digest: %s, now it is %s", got.Next, d.clock.Now())
	}
}

// TestTriedAtOnce: what a person changes is not held up by a failure.
func TestTriedAtOnce(t *testing.T) {
	for name, change := range map[string]func(*desk, *server, *Question){
		"another password": func(d *desk, s *server, _ *Question) {
			secret := &corev1.Secret{}
			must(d.t, d.api.Get(d.t.Context(), client.ObjectKey{Namespace: "shops", Name: "regcred"}, secret))
			secret.Data = pullSecret("regcred", s.host(), password).Data
			must(d.t, d.api.Update(d.t.Context(), secret))
		},
		"another Secret": func(d *desk, s *server, q *Question) {
			must(d.t, d.api.Create(d.t.Context(), pullSecret("new", s.host(), password)))
			q.App = app("shop", "regcred", "new")
		},
		"a retry": func(_ *desk, s *server, q *Question) {
			s.guardedBy(nil)
			q.Wish = "now"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, false)
			want := s.push(t, "shop:1")
			s.guardedBy(basic)
			d := newDesk(t, Options{}, pullSecret("regcred", s.host(), "old"))
			q := Question{App: app("shop", "regcred"), Image: s.image("shop:1"), Release: 1}
			if got := d.answer(q); got.Problem == "" {
				t.Fatalf("%+v", got)
			}
			change(d, s, &q)
			d.ask(q)
			d.awaitCall("shop")
			if got := d.ask(q); got.Digest != want {
				t.Errorf("%+v, want %s", got, want)
			}
		})
	}
}

// TestCredentialsNotRead: what the API server does not show is no reason to ask
// without it.
func TestCredentialsNotRead(t *testing.T) {
	s := start(t, false)
	d := newDesk(t, Options{}, pullSecret("regcred", s.host(), password))
	d.digests.live = interceptor.NewClient(d.api.(client.WithWatch), interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, key.Name, errors.New("no role"))
		},
	})
	image := s.image("shop:1")
	for _, app := range []*v1alpha1.App{app("shop"), app("shop", "regcred")} {
		got := d.answer(Question{App: app, Image: image, Release: 1})
		want := fmt.Sprintf("spec.imagePullSecrets: the credentials for %q could not be read (Forbidden): let the operator read Secrets and ServiceAccounts", image)
		if got.Problem != want {
			t.Errorf("got  %s\nwant %s", got.Problem, want)
		}
	}
	if got := s.requests(); len(got) != 0 {
		t.Errorf("the registry was asked %q", got)
	}
}

// TestBounded: a registry that hangs is asked by so many at a time.
func TestBounded(t *testing.T) {
	s := start(t, false)
	arrived, open := make(chan struct{}, 100), make(chan struct{})
	s.guardedBy(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead {
			return false
		}
		arrived <- struct{}{}
		<-open
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	d := newDesk(t, Options{})
	for i := range 2 * atATime {
		d.ask(Question{App: app(fmt.Sprintf("shop-%d", i)), Image: s.image(fmt.Sprintf("shop:%d", i)), Release: 1})
	}
	for range atATime {
		<-arrived
	}
	if got := len(d.digests.free); got != atATime {
		t.Errorf("%d requests under way", got)
	}
	if len(arrived) != 0 {
		t.Errorf("%d more than %d have arrived", len(arrived), atATime)
	}
	close(open)
	for range 2 * atATime {
		<-d.called
	}
}
