package controlplane

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePrograms is a folder in which every program is the same shell script.
func fakePrograms(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func startFake(ctx context.Context, t *testing.T, script string) (dir string, err error) {
	t.Helper()
	options := DefaultOptions()
	options.Binaries = fakePrograms(t, script)
	options.Dir = filepath.Join(t.TempDir(), "cluster")
	_, err = Start(ctx, options)
	return options.Dir, err
}

func TestStartShowsTheLogOfAProgramThatDies(t *testing.T) {
	dir, err := startFake(t.Context(), t, "for i in $(seq 40); do echo line $i; done; echo the disk is full >&2; exit 3")
	if err == nil {
		t.Fatal("started")
	}
	for _, want := range []string{"etcd ended by itself (exit status 3)", "line 40\n", "the disk is full"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "line 20\n") {
		t.Errorf("the error shows more than the end of the log:\n%v", err)
	}
	if exists(dir) {
		t.Error("the folder is still there")
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	dir, err := startFake(ctx, t, "exec sleep 1000")
	if !errors.Is(err, enough) || !strings.Contains(err.Error(), "wait for etcd") {
		t.Errorf("got %v", err)
	}
	if exists(dir) {
		t.Error("the folder is still there")
	}
}

func TestStartNeedsThePrograms(t *testing.T) {
	options := DefaultOptions()
	options.Binaries = t.TempDir()
	options.Dir = filepath.Join(t.TempDir(), "cluster")
	if _, err := Start(t.Context(), options); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "start etcd") {
		t.Errorf("got %v", err)
	}
	if exists(options.Dir) {
		t.Error("the folder is still there")
	}
}
