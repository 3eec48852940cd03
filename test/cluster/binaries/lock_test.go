package binaries

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestAcquireWaitsForTheHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := acquire(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		release, err := acquire(t.Context(), path, nil)
		if err == nil {
			release()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Fatalf("two holders at once, or none can be: %v", err)
	default:
	}
	release()
	if err := <-second; err != nil {
		t.Errorf("after the first holder: %v", err)
	}
}

func TestAcquireGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := acquire(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := acquire(ctx, path, nil); !errors.Is(err, enough) {
		t.Errorf("got %v, want %v", err, enough)
	}
}
