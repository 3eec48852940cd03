// Package shop shows how people test their own Apps.
package shop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

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
	log.SetLogger(logr.Discard()) // or one that says what you like to read
	server := &envtest.Environment{}
	config, err := server.Start()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := v1alpha1.AddToScheme(scheme.Scheme); err != nil {
		return 0, err
	}
	if c, err = client.New(config, client.Options{}); err != nil {
		return 0, err
	}
	if w, err = apptest.Start(context.Background(), config); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, w.Stop()
}

func TestRollsOut(t *testing.T) {
	key := apply(t, stripe())
	if err := apptest.RolledOut(t.Context(), c, key, "shop-1"); err != nil {
		t.Fatal(err)
	}
}

func TestBadImageRollsBack(t *testing.T) {
	key := apply(t, stripe())
	if err := apptest.RolledOut(t.Context(), c, key, "shop-1"); err != nil {
		t.Fatal(err)
	}
	w.ImageNotFound("registry.example/shop:1.1-typo")
	change(t, key, func(app *v1alpha1.App) { app.Spec.Image = "registry.example/shop:1.1-typo" })
	if err := apptest.RolledBack(t.Context(), c, key, "shop-1"); err != nil {
		t.Fatal(err)
	}
}

func TestMissingSecretWaits(t *testing.T) {
	key := apply(t)
	if err := apptest.Waits(t.Context(), c, key, v1alpha1.ReasonInputsMissing); err != nil {
		t.Fatal(err)
	}
	create(t, key.Namespace, stripe())
	if err := apptest.RolledOut(t.Context(), c, key, "shop-1"); err != nil {
		t.Fatal(err)
	}
}

// apply makes a namespace with the given objects and the App of shop.yaml.
func apply(t *testing.T, objects ...client.Object) client.ObjectKey {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	app := &v1alpha1.App{}
	if err := yaml.UnmarshalStrict(manifest, app); err != nil {
		t.Fatal(err)
	}
	create(t, namespace.Name, append(objects, app)...)
	return client.ObjectKeyFromObject(app)
}

func create(t *testing.T, namespace string, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		object.SetNamespace(namespace)
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

func change(t *testing.T, key client.ObjectKey, how func(*v1alpha1.App)) {
	t.Helper()
	app := &v1alpha1.App{}
	if err := c.Get(t.Context(), key, app); err != nil {
		t.Fatal(err)
	}
	before := app.DeepCopy()
	how(app)
	if err := c.Patch(t.Context(), app, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}

func stripe() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "stripe"}, StringData: map[string]string{"STRIPE_KEY": "for tests"}}
}
