package stages

// Annotation is the pod annotation that chooses an outcome by its name.
const Annotation = "play.bowline.dev/outcome"

// Variable is the environment variable that chooses an outcome: its literal
// value in the pod's first container is "crash", which is short for crash-loop,
// or the name of an outcome.
const Variable = "PLAY"

// Outcome is a way a container can turn out.
type Outcome struct {
	// Name chooses the outcome when it is a word of an image, or of the name of
	// a ConfigMap or Secret the pod uses.
	Name string
	// Meaning is what a person reads in the README.
	Meaning string
}

// Outcomes are all outcomes but "ready", the one nothing has to choose.
func Outcomes() []Outcome {
	return []Outcome{
		{"image-not-found", "the registry does not know the image: ErrImagePull, then ImagePullBackOff, in turns; the pod stays Pending"},
		{"registry-5xx", "the registry answers 503: as above, with that message"},
		{"crash-loop", "exits with code 1 a second after each start, never ready; restarts at once, then after 10 s, 20 s, 40 s, up to 5 min"},
		{"crash-later", "becomes ready, exits with code 1 five seconds later, and so on with the same back-off"},
		{"oom", "as crash-loop, but OOMKilled with code 137"},
		{"never-ready", "runs and never becomes ready"},
		{"slow-start", "becomes ready after eight seconds"},
	}
}
