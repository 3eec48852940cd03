// Package world is a tiny cluster without an API server: one Deployment with
// its ReplicaSets, Pods, kubelets, nodes and autoscaler, as deterministic Go.
//
// It exists so that a rollout can be played from its first second to its last
// in microseconds, and so that a decision can be tested against what Kubernetes
// really does in answer to it, not against numbers somebody made up.
//
// Time is explicit. Advance moves the world by one second; nothing else does.
// The same calls in the same order give the same world, always.
//
// What it promises, and where Kubernetes does the same:
//
//	file            behavior                                         in Kubernetes
//	--------------  -----------------------------------------------  ---------------------------------------
//	deployment.go   which ReplicaSet is the new one, reuse of one    deployment/sync.go, util/deployment_util.go
//	                with an equal template, pausing
//	rolling.go      surge, unavailable, unhealthy old pods first     deployment/rolling.go
//	scaling.go      proportional scaling in mid-rollout and pause    deployment/sync.go
//	status.go       counts, Available, Progressing and its time      deployment/sync.go, progress.go
//	replicaset.go   making pods, choosing pods to delete, quota,     replicaset/replica_set.go,
//	                refusal by admission                             controller_utils.go
//	kubelet.go      pulling, configuring, starting, crashing,        kubelet/kuberuntime, kubelet/images
//	                becoming ready
//	backoff.go      10 s, 20 s, 40 s ... 300 s                       client-go/util/flowcontrol/backoff.go
//	node.go         scheduling, lost nodes, eviction after 300 s     scheduler, nodelifecycle, tainteviction
//	autoscaler.go   replicas within a range, every 15 s              podautoscaler
//	facts.go        what the operator sees of all this
//
// What becomes of a pod is decided by its image and configuration, see Outcome.
//
// What it leaves out: the Recreate strategy, minReadySeconds (0), the
// Deployment's own progress deadline, the clean-up of old ReplicaSets, hash
// collisions, jitter, the back-off of controllers whose writes are refused,
// pod deletion cost and colocation when pods are chosen to go, pods that fail
// as a whole (evicted for pressure, refused by a kubelet), more than one
// container (and one init container) in a pod, probes (an Outcome says when a
// pod is ready), disruption budgets, zones, and an image cache per node (what
// one node has pulled, all have).
package world
