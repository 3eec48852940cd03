package release

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Kept is what stays of an App's Releases, and which of them may go.
type Kept struct {
	// Stale are the Releases that may be deleted.
	Stale []v1alpha1.Release
	// ConfigMaps and Secrets are the names of the copies that must stay.
	ConfigMaps, Secrets map[string]bool
}

// Collect says what of an App's Releases may go: see Stale. Copies of ConfigMaps
// stay as long as a Release that they belong to, copies of Secrets only while
// such a Release is needed: old credentials lie about no longer than they may
// serve, or all of them while a rollout is moving. Secrets with generated values
// stay as long as a Release that refers to them.
func Collect(releases []v1alpha1.Release, limit int, moving bool, needed ...int64) Kept {
	stale := Stale(releases, limit, needed...)
	kept := slices.DeleteFunc(slices.Clone(releases), func(r v1alpha1.Release) bool {
		return slices.ContainsFunc(stale, func(s v1alpha1.Release) bool { return s.Spec.Number == r.Spec.Number })
	})
	configMaps := Copies(kept)[v1alpha1.SourceConfigMap]
	serving := slices.DeleteFunc(slices.Clone(kept), func(r v1alpha1.Release) bool { return !moving && !slices.Contains(needed, r.Spec.Number) })
	secrets := Copies(serving)[v1alpha1.SourceSecret]
	for i := range kept {
		for _, name := range GeneratedNames(&kept[i].Spec.Workload) {
			secrets[name] = true
		}
	}
	return Kept{Stale: stale, ConfigMaps: configMaps, Secrets: secrets}
}

// Stale returns the Releases that may be deleted: all but the newest limit
// ones and those that are needed. Age alone never deletes what may have to
// return. The Releases are in order of their numbers.
func Stale(releases []v1alpha1.Release, limit int, needed ...int64) []v1alpha1.Release {
	surplus := len(releases) - limit
	var stale []v1alpha1.Release
	for i, release := range releases {
		if i < surplus && !slices.Contains(needed, release.Spec.Number) {
			stale = append(stale, release)
		}
	}
	return stale
}

// Copies returns the names of the ConfigMaps and Secrets that hold what the
// given Releases are made of.
func Copies(releases []v1alpha1.Release) map[v1alpha1.SourceKind]map[string]bool {
	kept := map[v1alpha1.SourceKind]map[string]bool{
		v1alpha1.SourceConfigMap: {},
		v1alpha1.SourceSecret:    {},
	}
	for _, release := range releases {
		if release.Spec.ConfigName != "" {
			kept[v1alpha1.SourceConfigMap][release.Spec.ConfigName] = true
		}
		for _, source := range release.Spec.Sources {
			if source.CopyName != "" {
				kept[source.Kind][source.CopyName] = true
			}
		}
	}
	return kept
}

// Whole tells whether all copies of sources that a Release's pods use are there.
// Its literals are its own.
func Whole(made v1alpha1.ReleaseSpec, there map[v1alpha1.SourceKind]map[string]bool) bool {
	return !slices.ContainsFunc(made.Sources, func(s v1alpha1.PinnedSource) bool { return s.CopyName != "" && !there[s.Kind][s.CopyName] })
}

// Cause says in words what makes new inputs differ from those of a Release:
// "spec", or the sources whose content changed, such as "config
// shared-settings". With an image whose tag moved since, it names that too:
// "config shared-settings, image".
func Cause(before v1alpha1.ReleaseSpec, now Inputs) string {
	var causes []string
	for _, source := range Changed(before, now) {
		causes = append(causes, causeOf(source))
	}
	cause := cmp.Or(strings.Join(causes, ", "), "spec")
	moved := ""
	if tagMoved(before, now) {
		moved = ", " + causeImage
	}
	const most = 512
	return cause[:min(len(cause), most-len(moved))] + moved
}

// tagMoved tells that the same tag stands for another digest.
func tagMoved(before v1alpha1.ReleaseSpec, now Inputs) bool {
	return before.Image == now.Image && before.Digest != "" && now.Digest != "" && before.Digest != now.Digest
}

// Changed returns the sources whose content differs from what it was for a
// Release, and none when anything else differs too.
func Changed(before v1alpha1.ReleaseSpec, now Inputs) []v1alpha1.PinnedSource {
	same := Inputs{Image: before.Image, Workload: before.Workload, Spread: before.Spread, Sources: now.Sources}
	if Hash(same) != Hash(now) {
		return nil
	}
	var changed []v1alpha1.PinnedSource
	for _, source := range now.Sources {
		if digestOf(before.Sources, source.Kind, source.Name) != source.Digest {
			changed = append(changed, source)
		}
	}
	for _, source := range before.Sources {
		if digestOf(now.Sources, source.Kind, source.Name) == "" {
			changed = append(changed, source) // it was optional, and is gone
		}
	}
	return changed
}

// Caused reads the sources in a cause.
func Caused(cause string) []v1alpha1.PinnedSource {
	var sources []v1alpha1.PinnedSource
	for said := range strings.SplitSeq(cause, ", ") {
		kind, name, _ := strings.Cut(said, " ")
		switch kind {
		case causeConfig:
			sources = append(sources, v1alpha1.PinnedSource{Kind: v1alpha1.SourceConfigMap, Name: name})
		case causeSecret:
			sources = append(sources, v1alpha1.PinnedSource{Kind: v1alpha1.SourceSecret, Name: name})
		}
	}
	return sources
}

const (
	causeConfig = "config"
	causeSecret = "secret"
	causeImage  = "image"
)

func causeOf(source v1alpha1.PinnedSource) string {
	if source.Kind == v1alpha1.SourceSecret {
		return causeSecret + " " + source.Name
	}
	return causeConfig + " " + source.Name
}
