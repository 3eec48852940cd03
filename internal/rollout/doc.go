// Package rollout decides what to do next with an App: which Release should
// run, and whether the one that goes out has proved healthy or failed.
//
// It is pure: a State in, a Decision out, the time an argument. It imports no
// client. The names are the same everywhere: D is the desired Release, R the
// one the Deployment runs, H the last healthy one, N the newest.
//
// First Desire chooses D, by the hash h of the App's inputs:
//
//	situation                                 D
//	----------------------------------------  ---------------------------------------
//	a wish (retry, restart) not yet answered  a new Release
//	R or H has hash h                         that one; N, if another, is superseded
//	N has hash h and is not superseded        N, also when it failed
//	otherwise                                 a new Release
//
// Then Decide takes the first rule that matches:
//
//	situation                                        action     reason
//	-----------------------------------------------  ---------  ---------------------------
//	rollout.state is Paused                          Hold       Paused
//	inputs not resolved                              Hold       InputsMissing, InvalidImage
//	pinned by annotation to P                        Advance    Pinned
//	D not failed, R is not D                         Advance    Progressing
//	R is D, failure budget spent                     D failed, then as the rows for a failed D
//	R is D, not all pods available                   Wait       Progressing
//	R is D, all pods available, bake not over        Bake       Baking
//	R is D, bake over                                D healthy, Settled
//	D failed, rollback Manual or no H                Stall      Failed
//	D failed, R is not H                             RollBack   RollingBack
//	D failed, R is H, H not fully available          Wait       RollingBack
//	D failed, R is H, H fails too                    H failed, one older healthy Release, then Stall
//	D failed, R is H, H available                    Stall      RolledBack
//	D healthy                                        Settled    Healthy
//
// Failure budgets, for the pods of the Release that goes out:
//
//	class           budget
//	--------------  --------------------------------------------------------------
//	Terminal        10 s after it was first seen
//	Crash           more than maxRestarts restarts, or 55 s of looping
//	NotReady        progressDeadlineSeconds without one more available pod
//	Infrastructure  the same deadline; the clock stands while no node is ready
//	in the bake     any restart, lost readiness or crash
package rollout
