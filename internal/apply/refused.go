package apply

import (
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// RetryRefused is how long the API server is not asked again to accept what it
// has refused.
const RetryRefused = 5 * time.Minute

// child identifies a child of an App.
type child struct {
	app        types.UID
	kind, name string
}

// refusal is what was refused, and until when that is taken for the answer.
type refusal struct {
	hash  string
	err   *RefusedError
	until time.Time
}

// refusedLately repeats a refusal of the same intent.
func (a *Applier) refusedLately(app *v1alpha1.App, kind, name, hash string) error {
	known, ok := a.refused.Get(child{app.UID, kind, name})
	if !ok {
		return nil
	}
	if r := known.(refusal); r.hash == hash && a.clock.Now().Before(r.until) {
		return r.err
	}
	return nil
}

func (a *Applier) remember(app *v1alpha1.App, kind, name, hash string, err error) {
	var refused *RefusedError
	if errors.As(err, &refused) {
		a.refused.Add(child{app.UID, kind, name}, refusal{hash, refused, a.clock.Now().Add(RetryRefused)})
		return
	}
	a.refused.Remove(child{app.UID, kind, name})
}
