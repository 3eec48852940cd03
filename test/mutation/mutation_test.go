package mutation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// suite are the packages whose tests are to notice, the quickest first.
var suite = []string{"internal/health", "internal/rollout", "internal/release", "internal/observe", simulated}

// simulated is the package whose tests take longest.
const simulated = "internal/simulation"

// root is the folder of the project.
const root = "../.."

func TestBrokenEnginesAreCaught(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			overlay, err := engine.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if out, err := goCommand(t.Context(), "build", "-overlay="+overlay, "./"+filepath.Dir(engine.file)); err != nil {
				t.Fatalf("it does not compile, so it proves nothing: %v\n%s", err, out)
			}
			caught, err := notices(t.Context(), overlay)
			if err != nil {
				t.Fatal(err)
			}
			if caught == "" {
				t.Fatal("nobody noticed: a test is missing")
			}
			t.Log("caught by ", caught)
		})
	}
}

// TestAWholeEngineIsNotCaught shows that it is the mutations that are caught,
// and not the way they are tried.
func TestAWholeEngineIsNotCaught(t *testing.T) {
	overlay, err := broken{file: rules, old: "package rollout", new: "package rollout"}.overlay(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	caught, err := notices(t.Context(), overlay)
	if err != nil {
		t.Fatal(err)
	}
	if caught != "" {
		t.Errorf("an engine without a mistake is caught by %s", caught)
	}
}

// overlay writes the broken source into a folder and returns the file that
// tells the Go command to use it.
func (b broken) overlay(folder string) (string, error) {
	path, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(b.file)))
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), b.old); n != 1 {
		return "", fmt.Errorf("%s holds %q %d times, and it must once: the code has changed, so write the mutation anew in broken_test.go", b.file, b.old, n)
	}
	mutant := filepath.Join(folder, filepath.Base(path))
	if err := os.WriteFile(mutant, []byte(strings.Replace(string(source), b.old, b.new, 1)), 0o600); err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutant}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, table, 0o600)
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// notices runs the suite with an overlay and returns the first test that fails,
// nothing when none does.
func notices(ctx context.Context, overlay string) (string, error) {
	for _, folder := range suite {
		args := []string{"test", "-vet=off", "-failfast", "-timeout=2m", "-overlay=" + overlay, "./" + folder}
		if folder == simulated {
			// What written scenarios miss, a hundred random ones and as many walks find.
			args = append(args, "-args", "-seeds=100", "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=1s")
		}
		out, err := goCommand(ctx, args...)
		if err == nil {
			continue
		}
		tests := failed.FindAllStringSubmatch(out, -1)
		switch {
		case len(tests) > 1:
			return tests[1][1], nil // the first is its parent
		case len(tests) == 1:
			return tests[0][1], nil
		case strings.Contains(out, "panic: "):
			return folder + ", by a panic", nil
		}
		return "", fmt.Errorf("test %s: %w\n%s", folder, err, out)
	}
	return "", nil
}

// goCommand runs the Go command in the project's folder.
func goCommand(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = root
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("run go: %w", err)
	}
	return string(out), err
}
