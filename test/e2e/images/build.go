package images

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/bowline-dev/bowline/test/harness"
)

// BuildApp builds the application and returns the program.
func BuildApp(ctx context.Context, log io.Writer) ([]byte, error) {
	root, err := harness.Root()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bowline-app-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "app")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, "./test/e2e/app")
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH, "GOFLAGS=")
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("build the application: %w", err)
	}
	return os.ReadFile(file)
}
