package main

import (
	"os"
	"path/filepath"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"sigs.k8s.io/yaml"
)

const samples = "../../../config/gitops/flux"

// TestSamples: Flux's own types know every field of what people copy.
func TestSamples(t *testing.T) {
	for file, kind := range map[string]any{
		"gitrepository.yaml":         &sourcev1.GitRepository{},
		"kustomization.yaml":         &kustomizev1.Kustomization{},
		"kustomization-bowline.yaml": &kustomizev1.Kustomization{},
	} {
		data, err := os.ReadFile(filepath.Join(samples, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(data, kind); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	entries, err := os.ReadDir(samples)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("%d files in %s, 3 are checked", len(entries), samples)
	}
}
