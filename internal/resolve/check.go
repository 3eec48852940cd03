package resolve

import (
	"fmt"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// maxConfig is how much a ConfigMap may hold, in bytes (k8s.io/kubernetes
// pkg/apis/core/validation: MaxSecretSize bounds both kinds).
const maxConfig = 1024 * 1024

// Check finds what the API server accepts in an App and no pod could run with.
func Check(app *v1alpha1.App) *rollout.Held {
	for _, problem := range []func(*v1alpha1.App) string{sameObjectProblem, fileProblem, overlayProblem, pathProblem, sizeProblem} {
		if message := problem(app); message != "" {
			return &rollout.Held{Reason: v1alpha1.ReasonInvalidInput, Message: message}
		}
	}
	return nil
}

// sameObjectProblem finds two references to one object that contradict each
// other.
func sameObjectProblem(app *v1alpha1.App) string {
	refs := release.References(&app.Spec.WorkloadSpec)
	for i, a := range refs {
		for _, b := range refs[i+1:] {
			switch {
			case a.Kind != b.Kind || a.Name != b.Name:
			case a.Live() != b.Live():
				return fmt.Sprintf("%s and %s both refer to %s %q, one with policy Pinned and one with policy Live: give both the same policy", a.Field, b.Field, a.Kind, a.Name)
			case len(a.Generate) > 0 && len(b.Generate) > 0:
				return fmt.Sprintf("%s and %s both generate Secret %q: leave generate out of one of them", a.Field, b.Field, a.Name)
			}
		}
	}
	return ""
}

// fileProblem finds two keys of one reference that want the same path, or of
// which one would have to be a file and a directory.
func fileProblem(app *v1alpha1.App) string {
	for _, ref := range release.References(&app.Spec.WorkloadSpec) {
		if ref.As != v1alpha1.SourceFiles {
			continue
		}
		for i, a := range ref.Keys {
			for j, b := range ref.Keys {
				first, second := release.FileName(a), release.FileName(b)
				if i != j && strings.HasPrefix(second+"/", first+"/") {
					return fmt.Sprintf("%s.keys: %q and %q cannot both be files: give one of them another name", ref.Field, first, second)
				}
			}
		}
	}
	return ""
}

// overlayProblem finds what an overlay says that cannot be read, or may not
// touch.
func overlayProblem(app *v1alpha1.App) string {
	if err := overlay.Check(&app.Spec.WorkloadSpec); err != nil {
		return err.Error()
	}
	return ""
}

// place is a path in the container and the field that asks for it.
type place struct {
	field, path string
	directory   bool
}

// pathProblem finds two fields that want the same place in the container, or a
// file that would have to be made in a directory that is read-only.
func pathProblem(app *v1alpha1.App) string {
	places := placesOf(app)
	for i, a := range places {
		for _, b := range places[i+1:] {
			switch {
			case a.path == b.path:
				return fmt.Sprintf("%s and %s are both %q: give each a place of its own", a.field, b.field, a.path)
			case b.under(a):
				return fmt.Sprintf("%s %q lies in %s %q, which is read-only: move one of them", b.field, b.path, a.field, a.path)
			case a.under(b):
				return fmt.Sprintf("%s %q lies in %s %q, which is read-only: move one of them", a.field, a.path, b.field, b.path)
			}
		}
	}
	return ""
}

func (p place) under(directory place) bool {
	return directory.directory && strings.HasPrefix(p.path, directory.path+"/")
}

func placesOf(app *v1alpha1.App) []place {
	var places []place
	for i, file := range app.Spec.Config.Files {
		places = append(places, place{field: fmt.Sprintf("spec.config.files[%d].path", i), path: file.Path})
	}
	for _, ref := range release.References(&app.Spec.WorkloadSpec) {
		if ref.As == v1alpha1.SourceFiles {
			places = append(places, place{ref.Field + ".mountPath", ref.MountPath, true})
		}
	}
	for _, mount := range overlay.Mounts(&app.Spec.WorkloadSpec) {
		places = append(places, place{field: mount.Field, path: mount.Path})
	}
	return places
}

// sizeProblem finds more literals and files than one ConfigMap holds.
func sizeProblem(app *v1alpha1.App) string {
	size := 0
	for key, value := range app.Spec.Config.Data {
		size += len(key) + len(value)
	}
	for _, file := range app.Spec.Config.Files {
		size += len(file.Path) + len(ptr.Deref(file.Content, ""))
	}
	if size <= maxConfig {
		return ""
	}
	return fmt.Sprintf("spec.config: data and files hold %d bytes together, and at most %d fit: move some to ConfigMaps of their own and name those in spec.config.from", size, maxConfig)
}
