package world

import "time"

// Start is when every world begins. It is not a whole second, but the API keeps
// most times in whole seconds: so every time that is read lies a little before
// the moment it speaks of, as in a real cluster.
var Start = time.Date(2026, time.January, 1, 0, 0, 0, 700_000_000, time.UTC)

// Step is the length of one Advance.
const Step = time.Second

// World is a cluster with one Deployment.
type World struct {
	app string
	now time.Time

	outcomes     map[string]Outcome
	pulled       map[string]bool
	registryDown bool
	quota        int

	nodes      []*node
	deployment *deployment
	sets       []*replicaSet // in order of their creation
	pods       []*pod        // in order of their creation
	podsMade   int
	autoscaler *autoscaler

	lag     int
	changes int
	losses  int
}

// New returns a world with the given number of ready nodes, in which nothing
// runs yet.
func New(app string, nodes int) *World {
	w := &World{
		app:      app,
		now:      Start,
		outcomes: map[string]Outcome{},
		pulled:   map[string]bool{},
		quota:    unlimited,
	}
	for number := range nodes {
		w.nodes = append(w.nodes, newNode(number+1))
	}
	return w
}

// Now returns the world's time.
func (w *World) Now() time.Time { return w.now }

// Changes counts what a watch would have shown until now.
func (w *World) Changes() int { return w.changes }

// Losses counts the pods that served and stopped serving though nobody deleted
// them: they crashed, or their node was lost.
func (w *World) Losses() int { return w.losses }

// Advance lets one second pass. The parts act in the order in which news
// travels in a cluster: from nodes and pods up to the Deployment.
func (w *World) Advance() {
	w.now = w.now.Add(Step)
	w.evict()
	w.stepPods()
	w.syncReplicaSets()
	w.scaleAutomatically()
	w.syncDeployment()
}

// changed notes that a watch shows something new.
func (w *World) changed() { w.changes++ }
