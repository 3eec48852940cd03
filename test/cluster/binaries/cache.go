package binaries

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CacheVariable is the environment variable that overrides the cache folder.
const CacheVariable = "BOWLINE_CLUSTER_CACHE"

// Cache is a folder of finished builds.
type Cache struct {
	// Root is the folder; each build is a folder in it, named by its key.
	Root string
	// Progress is told what is going on. It stays silent when nothing is built.
	Progress *Progress
}

// DefaultRoot returns the cache folder: BOWLINE_CLUSTER_CACHE when it is set,
// else bowline/cluster in the user's cache folder.
func DefaultRoot() (string, error) {
	if root := os.Getenv(CacheVariable); root != "" {
		return filepath.Abs(root)
	}
	root, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for the built programs (%w): set %s to a folder", err, CacheVariable)
	}
	return filepath.Join(root, "bowline", "cluster"), nil
}

// Ensure returns the folder that holds the group's programs and builds them
// first if this exact build is not there yet.
func (c *Cache) Ensure(ctx context.Context, group Group) (string, error) {
	flags, err := buildFlags(group)
	if err != nil {
		return "", err
	}
	toolchain, err := goEnv(ctx, "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	key := cacheKey(group, toolchain[0], toolchain[1]+"/"+toolchain[2], flags)
	folder := filepath.Join(c.Root, key)
	bin := filepath.Join(folder, "bin")
	if isFolder(bin) {
		return bin, nil
	}

	if err := os.MkdirAll(c.Root, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder (set %s to use another): %w", CacheVariable, err)
	}
	release, err := acquire(ctx, folder+".lock", c.Progress)
	if err != nil {
		return "", err
	}
	defer release()
	if isFolder(bin) { // another process built it while we waited
		return bin, nil
	}

	removeAbandoned(folder)
	work, err := os.MkdirTemp(c.Root, key+".build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := c.build(ctx, work, group, flags); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(work, "bin"), bin); err != nil {
		return "", fmt.Errorf("put the finished build in place: %w", err)
	}
	return bin, nil
}

// removeAbandoned clears what killed builds of the same key left; the caller
// holds that key's lock.
func removeAbandoned(folder string) {
	abandoned, _ := filepath.Glob(folder + ".build-*")
	for _, path := range abandoned {
		_ = os.RemoveAll(path)
	}
}

// build compiles every program into work/bin. It needs nothing of the source
// tree: go.mod and go.sum pin everything, and the programs are tools of it or
// bring their own source.
func (c *Cache) build(ctx context.Context, work string, group Group, flags []string) error {
	module := filepath.Join(work, "module")
	files := map[string][]byte{"go.mod": group.Module.GoMod, "go.sum": group.Module.GoSum}
	for _, program := range group.Programs {
		if program.Source != nil {
			files[program.sourceFile()] = program.Source
		}
	}
	for name, content := range files {
		path := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	for i, program := range group.Programs {
		done := c.Progress.Begin(fmt.Sprintf("building %s (%d of %d)", program.Name, i+1, len(group.Programs)))
		err := goBuild(ctx, module, filepath.Join(work, "bin", program.Name), program.target(), flags)
		done(err)
		if err != nil {
			return err
		}
	}
	return nil
}

func goBuild(ctx context.Context, module, output, pkg string, flags []string) error {
	args := append([]string{"build", "-o", output}, flags...)
	command := exec.CommandContext(ctx, "go", append(args, pkg)...)
	command.Dir = module
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	endWithItsChildren(command)
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("build of %s was stopped: %w", pkg, context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("go build %s: %w\n%s\nIf a module could not be fetched, check GOPROXY (go env GOPROXY) and try again; what is built so far is kept by Go",
			pkg, err, lastLines(log.String(), 20))
	}
	return nil
}

// goEnv asks the go command, which may run another toolchain than the one this
// program was built with.
func goEnv(ctx context.Context, names ...string) ([]string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"env"}, names...)...)
	output, err := command.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("the go command is not in PATH; it builds the cluster's programs: install Go from https://go.dev/dl")
	}
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	values := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(values) != len(names) {
		return nil, fmt.Errorf("go env %s answered %q", strings.Join(names, " "), output)
	}
	return values, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
