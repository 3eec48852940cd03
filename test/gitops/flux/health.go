package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// maxLine is more than an App can have.
const maxLine = 8 << 20

// health answers each App of the input with its status, on a line of its own.
func health(ctx context.Context, file string, in io.Reader, out io.Writer) error {
	kustomization := &kustomizev1.Kustomization{}
	data, err := os.ReadFile(file) //nolint:gosec // it is the file that the command line names
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(data, kustomization); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	var judge *cel.StatusEvaluator
	for _, check := range kustomization.Spec.HealthCheckExprs {
		if check.APIVersion == "bowline.dev/v1alpha1" && check.Kind == "App" {
			if judge, err = cel.NewStatusEvaluator(&check.HealthCheckExpressions); err != nil {
				return fmt.Errorf("compile the healthCheckExprs of %s: %w", file, err)
			}
		}
	}
	if judge == nil {
		return fmt.Errorf("%s has no healthCheckExprs for Apps", file)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		app := &unstructured.Unstructured{}
		if err := app.UnmarshalJSON(lines.Bytes()); err != nil {
			return fmt.Errorf("read an App: %w", err)
		}
		result, err := judge.Evaluate(ctx, app)
		if err != nil {
			return fmt.Errorf("judge resourceVersion %s of App %s: %w", app.GetResourceVersion(), app.GetName(), err)
		}
		fmt.Fprintln(out, result.Status)
	}
	return lines.Err()
}
