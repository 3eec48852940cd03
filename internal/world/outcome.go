package world

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what becomes of a pod. The zero Outcome is a pod that is ready
// one second after it started, and stays so.
type Outcome struct {
	// ImageMissing: the registry does not know the image.
	ImageMissing bool
	// ConfigMissing: the container refers to a key that does not exist.
	ConfigMissing bool
	// InitFails: an init container ends with exit code 1, again and again.
	InitFails bool
	// ReadyAfter is how long after its start the container is ready.
	ReadyAfter time.Duration
	// NeverReady: the container runs and is never ready.
	NeverReady bool
	// RunsFor is how long the container runs before it ends with exit code 1,
	// every time; zero is forever.
	RunsFor time.Duration
	// OutOfMemory: when it ends, it is because it was killed for its memory.
	OutOfMemory bool
	// Unschedulable: no node is good enough.
	Unschedulable bool
	// Refused: an admission webhook refuses the pod.
	Refused bool
}

// String says what becomes of the pod, in words.
func (o Outcome) String() string {
	var words []string
	say := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	say(o.ImageMissing, "is not in the registry")
	say(o.ConfigMissing, "lacks a configuration key")
	say(o.InitFails, "fails in its init container")
	say(o.ReadyAfter > 0, fmt.Sprintf("is ready after %s", o.ReadyAfter))
	say(o.NeverReady, "is never ready")
	say(o.RunsFor > 0 && !o.OutOfMemory, fmt.Sprintf("crashes after %s", o.RunsFor))
	say(o.RunsFor > 0 && o.OutOfMemory, fmt.Sprintf("runs out of memory after %s", o.RunsFor))
	say(o.Unschedulable, "fits on no node")
	say(o.Refused, "is refused by admission")
	if len(words) == 0 {
		return "works"
	}
	return strings.Join(words, " and ")
}

// SetOutcome decides what becomes of pods with the given image or
// configuration, from now on. It holds for pods that live already too.
func (w *World) SetOutcome(imageOrConfig string, o Outcome) { w.outcomes[imageOrConfig] = o }

// SetRegistry lets the registry answer, or fail with status 503.
func (w *World) SetRegistry(up bool) { w.registryDown = !up }

// outcome is what becomes of pods with the given template: what is known of
// the image, else what is known of the configuration.
func (w *World) outcome(t Template) Outcome {
	if o, known := w.outcomes[t.Image]; known && o != (Outcome{}) {
		return o
	}
	return w.outcomes[t.Config]
}
