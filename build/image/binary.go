package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// platform is what a binary runs on.
type platform struct {
	system, architecture string
}

func (p platform) String() string { return p.system + "/" + p.architecture }

// origin is the source that an image is made of.
type origin struct {
	version  string    // what the operator tells
	revision string    // the commit, empty when there is no repository
	time     time.Time // of the commit: files in the image are from then
}

// originOf asks git, unless the version is given, and the time by
// SOURCE_DATE_EPOCH.
func originOf(ctx context.Context, source, version string) (origin, error) {
	revision, gitErr := git(ctx, source, "rev-parse", "HEAD")
	if version == "" {
		var err error
		if version, err = git(ctx, source, "describe", "--tags", "--always", "--dirty"); err != nil {
			return origin{}, fmt.Errorf("which version this is: %w: give it with --version", err)
		}
	}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		if gitErr != nil {
			return origin{}, fmt.Errorf("when this was committed: %w: give the seconds since 1970 in SOURCE_DATE_EPOCH", gitErr)
		}
		var err error
		if seconds, err = git(ctx, source, "log", "-1", "--format=%ct"); err != nil {
			return origin{}, fmt.Errorf("when this was committed: %w", err)
		}
	}
	epoch, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || epoch < 0 {
		return origin{}, fmt.Errorf("SOURCE_DATE_EPOCH=%s: it is a number of seconds since 1970", seconds)
	}
	return origin{version: version, revision: revision, time: time.Unix(epoch, 0).UTC()}, nil
}

func git(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = folder
	out, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

// compile builds the operator. Nothing of where it is built gets into it: no
// path, no repository, and none of the caller's settings of Go. The Dockerfile
// builds the same, see TestDockerfile.
func compile(ctx context.Context, source, version string, p platform, to string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version="+version, "-o", to, ".")
	command.Dir = source
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.system, "GOARCH="+p.architecture,
		"GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=", "GOARM64=", "GOFIPS140=", "GOWORK=off")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build the operator for %s: %w", p, err)
	}
	return nil
}

// binaries builds the operator for each platform, and hands each to use while it
// exists.
func binaries(ctx context.Context, source, version string, platforms []platform, use func(platform, string) error) error {
	folder, err := os.MkdirTemp("", "bowline-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for _, p := range platforms {
		path := filepath.Join(folder, p.architecture)
		if err := compile(ctx, source, version, p, path); err != nil {
			return err
		}
		if err := use(p, path); err != nil {
			return err
		}
	}
	return nil
}
