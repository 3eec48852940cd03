// Package simulation plays whole rollouts: the operator's own decisions against
// a tiny cluster (package world), second by second, in microseconds.
//
// A scenario is a list of steps, such as
//
//	Create("shop:1", 3), Wait(60), Becomes("shop:2", world.Outcome{ImageMissing: true}), SetImage("shop:2"), Wait(60)
//
// and its result a transcript in prose, kept in testdata and compared in every
// test run. Read those first: they are the specification by example of what the
// operator does. Each line has the second, how many pods serve of how many are
// wanted, and what happened:
//
//	57s 3/3 RollBack: Release 2 failed (CannotStart: ...); Release 1 is the last healthy one
//
// Player is the loop: it lets the world pass a second, and then the operator
// look as often as something it watches has changed, or its Recheck has come.
// Operator has no memory but that: it may be restarted between any two writes.
//
// In every scenario, written or random, Invariants are checked at every step: among
// them that all is there that a pod uses or that may have to return, and nothing
// else (keeping). TestNothingNeededIsCollectedAndNothingElseStays walks through what
// can happen to an App and its sources, and cuts a walk that fails to what matters.
//
// A scenario is played on a Stage, of which the Player is one. Another is a real
// cluster: fidelity_test.go in test/integration/operator plays the same scenarios
// on the real Deployment controller, which must take the same course to the same
// end.
//
// What it leaves out: everything around the decision. Inputs are an image, literals,
// and ConfigMaps and Secrets of one value each; objects are Go values, all writes
// succeed unless the operator is killed, and nobody reads a status. Those have tests
// of their own against an API server.
package simulation
