package health

import "time"

// Facts is what is known of the pods of the Release under judgement.
type Facts struct {
	// Pods are that Release's pods, in order of their names.
	Pods []Pod

	// ReplicaFailure is why the Deployment's controller could not make pods:
	// the message of its condition ReplicaFailure, empty while it can.
	ReplicaFailure string

	// NodesReady tells whether at least one node can run pods. It is true
	// where that is unknown.
	NodesReady bool

	// CompletedAt is when the rollout of these pods was complete, zero while it
	// is not. All pods made before it have been ready once.
	CompletedAt time.Time
}

// Pod is what health needs to know of a pod.
type Pod struct {
	Name    string
	Release int64 // the number in its label, 0 when it has none
	Created time.Time
	// Deleting tells that the pod is going away: it is no evidence of anything.
	Deleting bool
	// Failed tells that the pod's phase is Failed; Reason and Message say why
	// (Evicted, NodeLost, UnexpectedAdmissionError ...).
	Failed  bool
	Reason  string
	Message string
	// Ready tells whether the pod's condition Ready is True, Turned since when
	// it is what it is.
	Ready  bool
	Turned time.Time
	// Unschedulable is the scheduler's message while it finds no node.
	Unschedulable string
	// NodeName is the node the pod was given to; NodeLost tells that this node
	// is not ready now.
	NodeName string
	NodeLost bool
	// Init are the init containers that must end before the others start,
	// Containers those that are meant to stay: sidecars, which are init
	// containers that are started again whenever they end, and all others.
	Init       []Container
	Containers []Container
}

// Container is what health needs to know of a container.
type Container struct {
	Name     string
	Image    string
	Ready    bool
	Started  bool
	Restarts int32
	// Waiting is the reason the container waits, empty when it does not.
	Waiting        string
	WaitingMessage string
	// Ended is how the container ended, when it is not running now.
	Ended *Termination
	// LastEnded is how the container ended before it was started again.
	LastEnded *Termination
}

// Termination is the end of a container.
type Termination struct {
	Reason   string // Error, OOMKilled, Completed, StartError ...
	ExitCode int32
	Message  string
	At       time.Time
}

// Class is a class of failure.
type Class string

// The classes, from the one that is judged fastest to the slowest.
const (
	None           Class = ""
	Terminal       Class = "Terminal"
	Crash          Class = "Crash"
	NotReady       Class = "NotReady"
	Infrastructure Class = "Infrastructure"
)

// Sign is one thing that is wrong with one pod, or with the making of pods.
type Sign struct {
	Class     Class
	Pod       string // empty when no pod could be made
	Container string // empty when it is about the pod as a whole
	Reason    string // in one word, as Kubernetes says it
	Message   string // at most 1 KiB
	ExitCode  *int32
	Restarts  int32
	At        time.Time // when it happened, zero when Kubernetes does not say
}

// Verdict is what is wrong with a Release.
type Verdict struct {
	// Class is the class that is judged fastest of all the signs, None when
	// there are none.
	Class Class
	// Signs are all signs, the fastest class first, then by pod and container.
	Signs []Sign
	// Pods is the number of pods that were looked at, Affected the number of
	// those that show Class.
	Pods, Affected int
	// Restarts is the largest number of restarts of one container.
	Restarts int32
	// Lost is the number of pods that were ready when the rollout was complete,
	// are not ready now, and have not lost their node.
	Lost int
	// LastEnd is when a container last ended, zero when none did.
	LastEnd time.Time
	// NodesReady repeats the fact: the deadline stands while it is false.
	NodesReady bool
}
