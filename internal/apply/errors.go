package apply

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// ErrStale tells that the caches are behind the API server. Nothing was
// changed; the change that is on its way causes another look.
var ErrStale = errors.New("the cache is behind the API server")

// ConflictError tells that a child's name is taken by somebody else's object.
type ConflictError struct {
	Kind, Namespace, Name string
	// Owner names who controls the object, empty when nobody does.
	Owner string
	// Free tells that the App may take it over, if a person says so.
	Free bool

	uid             types.UID
	resourceVersion string
}

// WayOutAdopt is how the message of a ConflictError ends, if the App may take the
// object over.
const WayOutAdopt = "set the annotation " + v1alpha1.AnnotationAdopt + " to take it over"

// WayOutRollOut is how the refusal to take over what the App says otherwise ends,
// if the App may roll that out.
const WayOutRollOut = "set the annotation " + v1alpha1.AnnotationAdopt + " to " + v1alpha1.AdoptAndRollOut

// Error names the object and the way out.
func (e *ConflictError) Error() string {
	owner := "which nothing controls"
	if e.Owner != "" {
		owner = "which belongs to " + e.Owner
	}
	wayOut := "delete or rename it, or give the App another name"
	if e.Free {
		wayOut = "delete or rename it, give the App another name, or " + WayOutAdopt
	}
	return fmt.Sprintf("%s %q exists in namespace %q, %s: it was not touched; %s", e.Kind, e.Name, e.Namespace, owner, wayOut)
}

// RefusedError tells that the API server does not accept a child.
type RefusedError struct {
	Kind, Name string
	Err        error
}

// Error names the object and what the API server said.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s %q is refused by the API server: %v", e.Kind, e.Name, e.Err)
}

// Unwrap returns what the API server said.
func (e *RefusedError) Unwrap() error { return e.Err }

// Classify makes errors of requests ours. What it does not know is worth a
// retry.
func Classify(kind, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsConflict(err), anotherUID(err):
		return ErrStale
	case refused(err) && kind == "Secret":
		// What refuses a Secret may repeat what is in it.
		return &RefusedError{Kind: kind, Name: name, Err: errors.New(string(apierrors.ReasonForError(err)))}
	case refused(err):
		return &RefusedError{Kind: kind, Name: name, Err: err}
	}
	if kind == "Secret" {
		return fmt.Errorf("apply %s %q: %s", kind, name, apierrors.ReasonForError(err))
	}
	return fmt.Errorf("apply %s %q: %w", kind, name, err)
}

func refused(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err)
}

// anotherUID tells that the object was replaced by another one of its name.
func anotherUID(err error) bool {
	return apierrors.IsInvalid(err) && apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid) &&
		strings.Contains(err.Error(), "metadata.uid")
}
