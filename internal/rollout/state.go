package rollout

import (
	"time"

	"github.com/bowline-dev/bowline/internal/health"
)

// State is everything a decision depends on.
type State struct {
	Now    time.Time
	Policy Policy

	// InputHash identifies the App's resolved inputs. It is empty when they
	// could not be resolved, and then Held says why.
	InputHash string
	Held      *Held

	// Turn is set while a change of a shared source has to wait for its turn, and
	// says so.
	Turn *Held

	// Retry and Restart are the values of the App's wish annotations.
	Retry, Restart string

	// PinnedTo is the number of the Release that the App is pinned to, 0 when
	// it is not.
	PinnedTo int64

	// Releases are all Releases of the App, in order of their numbers.
	Releases []Release

	// Running is what the Deployment runs.
	Running Running

	// Verdict is about the pods of the Release that the Deployment runs.
	Verdict health.Verdict
}

// Policy is what the person wants of a rollout.
type Policy struct {
	Paused           string // what holds changes back, in words; empty when nothing does
	ManualRollback   bool
	ProgressDeadline time.Duration
	Bake             time.Duration
	MaxRestarts      int32
}

// Held is why the inputs could not be resolved.
type Held struct {
	Reason  string // one of the condition reasons
	Message string // names field, object and way out
}

// Health is whether a Release proved healthy.
type Health string

// What is known of a Release's health.
const (
	Unproven Health = "Unproven"
	Healthy  Health = "Healthy"
	Failed   Health = "Failed"
)

// Release is what a decision needs to know of a Release.
type Release struct {
	Number     int64
	InputHash  string
	Cause      Cause
	Health     Health
	Reason     string // of the failure, when it failed
	Message    string
	Created    time.Time
	Finished   time.Time // when it proved healthy or failed
	Superseded bool
	// Lost tells that a copy its pods use has been collected, because there were
	// newer healthy Releases. It cannot return, unless the App asks for the same.
	Lost    bool
	Retry   string // the wishes it has answered
	Restart string
	// Progress is the high-water mark of available pods and its time.
	Progress Mark
	// Suspect is the class of failure seen lately and since when.
	Suspect Suspicion
}

// Mark is a high-water mark of available pods.
type Mark struct {
	Available int32
	At        time.Time
	// Stands tells that the clock stands: At is zero, and the clock starts
	// anew when the rollout goes on.
	Stands bool
}

// Suspicion is a failure sign and since when it stands.
type Suspicion struct {
	Class health.Class
	Since time.Time
}

// Running is what the Deployment runs and how far it is.
type Running struct {
	// Exists tells whether there is a Deployment.
	Exists bool
	// Release is the number of the Release in its pod template.
	Release int64
	// Observed tells whether its status speaks of its present spec. While it
	// does not, nothing is concluded from the numbers.
	Observed bool
	Want     int32 // pods asked for
	Total    int32 // pods there are, of any Release
	Updated  int32 // pods of the running Release
	Ready    int32 // of any Release
	// Available are the pods of any Release that may serve; UpdatedAvailable
	// are those of the running Release.
	Available        int32
	UpdatedAvailable int32
	// Old is the number of pods of other Releases that are not going away yet.
	Old int32
	// Serving tells whether enough pods of any Release serve (the Deployment's
	// condition Available).
	Serving bool
	// CompletedAt is when the rollout of the present pod template was
	// complete, zero while it is not. The Deployment's controller keeps it (the
	// condition Progressing with the reason NewReplicaSetAvailable), and it
	// does not move when pods come and go later.
	CompletedAt time.Time
}
