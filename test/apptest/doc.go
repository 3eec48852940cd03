// Package apptest lets people test their own Apps against the operator, with
// nothing but an API server.
//
// envtest starts an API server without controllers and without nodes: nothing
// makes pods there, and none ever runs. Start runs the operator in the process of
// the test and plays the rest: Deployments get pods, and what becomes of a pod is
// decided by its image. Time is played too: a Release that would be watched for
// half a minute is so for half a minute of a clock that runs as fast as the test
// can follow.
//
//	w, err := apptest.Start(ctx, config)
//	...
//	w.ImageNotFound("registry.example/shop:1.1-typo")
//	...
//	err = apptest.RolledBack(ctx, c, key, "shop-1")
//
// What it promises:
//
//   - The operator is the real one, with its real budgets; only its clock is
//     another.
//   - A second passes only when the operator has seen all that happened before.
//   - Creation times of Releases and pods are shown to the operator in played
//     time; all else that tests read is as the API server has it.
//
// What it leaves out: ReplicaSets (pods belong to the Deployment itself),
// autoscalers, Services' endpoints, schedulers and their constraints, probes (an
// image decides when a pod is ready) and garbage collection, which envtest has
// not either: what an App leaves behind when it is deleted stays, but for pods.
package apptest
