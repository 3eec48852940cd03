// Package observe reads what there is of an App: one read for each kind, all
// from caches. What it returns is a Snapshot; the facts that health and rollout
// need are made from it by pure functions.
package observe
