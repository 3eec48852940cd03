package realnode

import (
	"strings"
	"testing"
)

func TestCleanNeedsNoFootprint(t *testing.T) {
	if err := Clean(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestCleanRefusesAFootprintItCannotRead(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/footprint.json"
	if err := write(map[string]string{path: "{"}); err != nil {
		t.Fatal(err)
	}
	if err := Clean(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

// There is no bridge of that number, so nothing else of it is this cluster's.
func TestCleanLeavesAloneWhatIsNotItsOwn(t *testing.T) {
	f := &Footprint{Network: Network{Number: 255}, Nodes: 1, dir: t.TempDir()}
	if f.owned() {
		t.Error("a bridge that is not there is ours")
	}
	if err := f.save(); err != nil {
		t.Fatal(err)
	}
	if err := Clean(f.dir); err != nil || Here(f.dir) {
		t.Errorf("got %v, footprint still there: %v", err, Here(f.dir))
	}
}
