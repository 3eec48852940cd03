package apptest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/apptest"
)

var (
	w *apptest.World
	c client.Client
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	log.SetLogger(logr.Discard())
	server := &envtest.Environment{}
	config, err := server.Start()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return 0, err
	}
	if c, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	if w, err = apptest.Start(context.Background(), config); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, w.Stop()
}

const good = "registry.example/shop:1.0"

// create makes App shop in a namespace of its own.
func create(t *testing.T, image string) *v1alpha1.App {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "apptest-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	app := &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: namespace.Name},
		Spec:       v1alpha1.AppSpec{WorkloadSpec: v1alpha1.WorkloadSpec{Image: image}, Replicas: ptr.To[int32](2)},
	}
	if err := c.Create(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	return app
}

func change(t *testing.T, app *v1alpha1.App, image string) {
	t.Helper()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"image":%q}}`, image))
	if err := c.Patch(t.Context(), app, patch); err != nil {
		t.Fatal(err)
	}
}

func pods(t *testing.T, app *v1alpha1.App) []corev1.Pod {
	t.Helper()
	list := &corev1.PodList{}
	if err := c.List(t.Context(), list, client.InNamespace(app.Namespace)); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRollback(t *testing.T) {
	for _, failing := range []struct {
		image, reason string
		becomes       func(*apptest.World, string)
	}{
		{"registry.example/shop:typo", v1alpha1.FailureTerminal, (*apptest.World).ImageNotFound},
		{"registry.example/shop:crashes", v1alpha1.FailureCrash, (*apptest.World).Crashes},
		{"registry.example/shop:silent", v1alpha1.FailureNotReady, (*apptest.World).NeverReady},
	} {
		t.Run(failing.reason, func(t *testing.T) {
			app := create(t, good)
			key := client.ObjectKeyFromObject(app)
			ok(t, apptest.RolledOut(t.Context(), c, key, "shop-1"))
			failing.becomes(w, failing.image)
			change(t, app, failing.image)
			ok(t, apptest.RolledBack(t.Context(), c, key, "shop-1"))
			ok(t, c.Get(t.Context(), key, app))
			if app.Status.Failure.Reason != failing.reason {
				t.Errorf("shop-2 failed because of %q, want %q", app.Status.Failure.Reason, failing.reason)
			}
			for _, pod := range pods(t, app) {
				if pod.DeletionTimestamp.IsZero() && pod.Labels[v1alpha1.LabelRelease] != "1" {
					t.Errorf("pod %s of Release %s is still there", pod.Name, pod.Labels[v1alpha1.LabelRelease])
				}
			}

			w.Works(failing.image)
			ok(t, c.Patch(t.Context(), app, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"bowline.dev/retry":"1"}}}`))))
			ok(t, apptest.RolledOut(t.Context(), c, key, "shop-3"))
		})
	}
}

func TestPodsGoWithTheDeployment(t *testing.T) {
	app := create(t, good)
	ok(t, apptest.RolledOut(t.Context(), c, client.ObjectKeyFromObject(app), "shop-1"))
	if have := len(pods(t, app)); have != 2 {
		t.Fatalf("%d pods, want 2", have)
	}
	ok(t, c.Delete(t.Context(), app))
	list := &corev1.PodList{}
	ok(t, deleteDeployment(t, app))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok(t, c.List(t.Context(), list, client.InNamespace(app.Namespace)))
		if len(list.Items) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d pods are left", len(list.Items))
		case <-tick.C:
		}
	}
}

func TestErrorsSayWhatWasSeen(t *testing.T) {
	app := create(t, good)
	key := client.ObjectKeyFromObject(app)
	ok(t, apptest.RolledOut(t.Context(), c, key, "shop-1"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	says(t, apptest.RolledBack(ctx, c, key, "shop-0"),
		`^App "%s/shop": waited 0\.\d s for the change to be rolled back to Release shop-0; last seen: Ready is True, Healthy: 2 of 2 pods available \(shop-1\); shop-1 runs$`, app.Namespace)

	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	says(t, apptest.Waits(ctx, c, client.ObjectKey{Namespace: app.Namespace, Name: "market"}, v1alpha1.ReasonPaused),
		`^App "%s/market": waited 0\.\d s for it to say Paused; last seen: apps.bowline.dev "market" not found$`, app.Namespace)
}

func says(t *testing.T, err error, want string, args ...any) {
	t.Helper()
	if want = fmt.Sprintf(want, args...); err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func deleteDeployment(t *testing.T, app *v1alpha1.App) error {
	t.Helper()
	d := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}}
	d.Name, d.Namespace = app.Name, app.Namespace
	err := c.Delete(t.Context(), d)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
