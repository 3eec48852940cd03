package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClaimRefusesAFolderWithOtherFiles(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := claim(dir); err == nil || !strings.Contains(err.Error(), "choose a new or an empty folder") {
		t.Errorf("got %v", err)
	}
	if err := Remove(dir); err == nil {
		t.Error("Remove removes it")
	}
	if !exists(precious) {
		t.Error("the file is gone")
	}
}

func TestClaimRefusesTheFolderOfARunningCluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	lock, err := claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := claim(dir); err == nil || !strings.Contains(err.Error(), "down --dir "+dir) {
		t.Errorf("got %v", err)
	}
	if _, running, err := Find(dir); err != nil || !running {
		t.Errorf("Find: running %v, %v", running, err)
	}
}

func TestClaimClearsWhatAKilledClusterLeft(t *testing.T) {
	dir := t.TempDir()
	lock, err := claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	remains := layout(dir).etcdData()
	if err := os.Mkdir(remains, 0o700); err != nil {
		t.Fatal(err)
	}
	_ = lock.Close() // as the kernel does when its process is killed
	if _, running, err := Find(dir); err != nil || running {
		t.Errorf("Find: running %v, %v", running, err)
	}
	lock, err = claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if exists(remains) {
		t.Error("the remains are still there")
	}
}

func TestFindKnowsNoClusterInOtherFolders(t *testing.T) {
	dir := t.TempDir()
	record, running, err := Find(dir)
	if record != nil || running || err != nil {
		t.Errorf("got %v, %v, %v", record, running, err)
	}
	if exists(layout(dir).lock()) {
		t.Error("looking left a file behind")
	}
}
