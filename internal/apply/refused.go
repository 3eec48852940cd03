package apply

import (
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	// RetryRefused is how long the API server is not asked again to accept what
	// it has refused.
	RetryRefused = 5 * time.Minute
	// RetryConflict is how long it is not asked again whether a name is free
	// that somebody else's object had.
	RetryConflict = 30 * time.Second
)

// child identifies a child of an App.
type child struct {
	app        types.UID
	kind, name string
}

// answer is what came of an intent, and until when that is taken to come again.
type answer struct {
	hash  string
	err   error
	until time.Time
}

// refusedLately repeats the answer to the same intent.
func (a *Applier) refusedLately(app *v1alpha1.App, kind, name, hash string) error {
	known, ok := a.refused.Get(child{app.UID, kind, name})
	if !ok {
		return nil
	}
	if before := known.(answer); before.hash == hash && a.clock.Now().Before(before.until) {
		return before.err
	}
	return nil
}

// remember keeps an answer that only a person can change.
func (a *Applier) remember(app *v1alpha1.App, kind, name, hash string, err error) {
	var refused *RefusedError
	var conflict *ConflictError
	var wait time.Duration
	switch {
	case errors.As(err, &refused):
		wait = RetryRefused
	case errors.As(err, &conflict):
		wait = RetryConflict
	default:
		a.refused.Remove(child{app.UID, kind, name})
		return
	}
	a.refused.Add(child{app.UID, kind, name}, answer{hash, err, a.clock.Now().Add(wait)})
}
