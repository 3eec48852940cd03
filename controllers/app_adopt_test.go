package controllers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// adopting is a look at an App that is to take a Deployment over.
func adopting() *pass {
	workload := v1alpha1.WorkloadSpec{
		Image:   "shop:2",
		Ports:   []v1alpha1.PortSpec{{Name: "http", Port: 8080}},
		Config:  v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{{Name: "shared", As: v1alpha1.SourceEnv}}},
		Secrets: []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{Name: "stripe", As: v1alpha1.SourceEnv}}},
	}
	return &pass{
		AppReconciler: &AppReconciler{},
		app: &v1alpha1.App{
			ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "acme", UID: "1"},
			Spec:       v1alpha1.AppSpec{WorkloadSpec: workload},
		},
		state: rollout.State{InputHash: "v1:now", Retry: "again"},
		inputs: resolve.Result{Inputs: release.Inputs{
			Image: "docker.io/library/shop:2", Workload: workload, Spread: v1alpha1.SpreadNode,
			Sources: []v1alpha1.PinnedSource{
				{Kind: v1alpha1.SourceConfigMap, Name: "shared", CopyName: "shop-config-1", Digest: "c1"},
				{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: "shop-secret-1", Digest: "s1"},
			},
			Bindings: []v1alpha1.PinnedBinding{{Name: "db", SecretName: "db-1", CopyName: "shop-secret-2", Digest: "b1"}},
		}},
	}
}

// TestAdoptedRelease: it says what runs, so that the next change is told from it.
func TestAdoptedRelease(t *testing.T) {
	template := &runtime.RawExtension{Raw: []byte(`{"spec":{}}`)}
	p := adopting()
	for name, c := range map[string]struct {
		found comparison
		want  v1alpha1.ReleaseSpec
	}{
		"what the App says: all its inputs, used by their own names": {comparison{same: true}, v1alpha1.ReleaseSpec{
			App: "shop", Number: 1, InputHash: "v1:now", Cause: "adopted", Image: "docker.io/library/shop:2",
			Workload: p.app.Spec.WorkloadSpec, Spread: v1alpha1.SpreadNode,
			Sources: []v1alpha1.PinnedSource{
				{Kind: v1alpha1.SourceConfigMap, Name: "shared", Digest: "c1"}, {Kind: v1alpha1.SourceSecret, Name: "stripe", Digest: "s1"},
			},
			Bindings:   []v1alpha1.PinnedBinding{{Name: "db", SecretName: "db-1", Digest: "b1"}},
			RetryToken: "again", Adopted: template,
		}},
		"something else: the image that ran, and the App's ports": {comparison{image: "shop:1"}, v1alpha1.ReleaseSpec{
			App: "shop", Number: 1, InputHash: "adopted", Cause: "adopted", Image: "docker.io/library/shop:1",
			Workload:   v1alpha1.WorkloadSpec{Image: "shop:1", Ports: p.app.Spec.Ports},
			RetryToken: "again", Adopted: template,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, p.adoptedRelease(template.Raw, c.found).Spec); diff != "" {
				t.Errorf("the Release (-want +got):\n%s", diff)
			}
		})
	}
	if got := p.inputs.Inputs.Sources[0].CopyName; got != "shop-config-1" {
		t.Errorf("the App's own inputs name the copy %q, want shop-config-1", got)
	}
}

// TestAdoptedReleaseKnowsWhatChanges: a change of nothing but a shared ConfigMap
// is told as one, and so waits for its turn.
func TestAdoptedReleaseKnowsWhatChanges(t *testing.T) {
	p := adopting()
	adopted := p.adoptedRelease([]byte(`{"spec":{}}`), comparison{same: true})
	now := p.inputs.Inputs
	now.Sources = []v1alpha1.PinnedSource{
		{Kind: v1alpha1.SourceConfigMap, Name: "shared", CopyName: "shop-config-2", Digest: "c2"}, now.Sources[1],
	}
	want := []release.Change{{Cause: "config shared", Origin: release.Origin{Kind: "ConfigMap", Name: "shared"}}}
	if diff := cmp.Diff(want, release.Changed(adopted.Spec, now)); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
}

// TestTryDeployment: what the API server does not take of an App is told to a person,
// however it says so.
func TestTryDeployment(t *testing.T) {
	for name, answer := range map[string]error{
		"Invalid":    apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("Deployment").GroupKind(), "shop", nil),
		"Forbidden":  apierrors.NewForbidden(v1alpha1.GroupVersion.WithResource("deployments").GroupResource(), "shop", nil),
		"BadRequest": apierrors.NewBadRequest("a webhook says no"),
	} {
		t.Run(name, func(t *testing.T) {
			p := adopting()
			p.Client = interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
				Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return answer },
			})
			_, err := p.tryDeployment(t.Context())
			problem, err := problemOf(err)
			if err != nil {
				t.Fatal(err)
			}
			want := &report.Problem{Reason: "Refused", Message: fmt.Sprintf(`Deployment "shop" is refused by the API server: %v`, answer)}
			if diff := cmp.Diff(want, problem); diff != "" {
				t.Errorf("the problem (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLooksAgain: the docs say how soon.
func TestLooksAgain(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "moving.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(page)), " ")
	p := &pass{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), inputs: resolve.Result{}}
	for reason, c := range map[string]struct {
		want time.Duration
		says string
	}{
		v1alpha1.ReasonConflict: {30 * time.Second, "One that is not taken over is looked at again every 30 seconds,"},
		v1alpha1.ReasonRefused:  {5 * time.Minute, "where the API server refuses something (reason `Refused`) every 5 minutes,"},
	} {
		if got := p.next(&report.Problem{Reason: reason}).Sub(p.now); got != c.want {
			t.Errorf("%s: looked at again after %s, want %s", reason, got, c.want)
		}
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: docs/moving.md does not say %q", reason, c.says)
		}
	}
	if apply.RetryConflict != 30*time.Second || apply.RetryRefused != 5*time.Minute {
		t.Errorf("the API server is asked again after %s and %s", apply.RetryConflict, apply.RetryRefused)
	}
}
