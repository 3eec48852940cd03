package release

import (
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Inputs is everything a Release is made of, resolved.
type Inputs struct {
	// Image is the image in full, with registry, repository and tag or digest.
	Image string
	// Digest is what the image's tag stands for, empty when it was not asked
	// for. It does not count as an input: a tag that moves makes no Release.
	Digest string
	// DigestProblem is why a tag that was asked about was not resolved.
	DigestProblem string
	// Workload is the part of the App's spec that shapes its pods.
	Workload v1alpha1.WorkloadSpec
	// Spread is over what the pods are spread.
	Spread v1alpha1.Spread
	// Sources are the ConfigMaps and Secrets the App refers to, by kind and
	// name, each once.
	Sources []v1alpha1.PinnedSource
	// Bindings are the Secrets that the App's bindings lead to, by the names of
	// the bindings.
	Bindings []v1alpha1.PinnedBinding
}
