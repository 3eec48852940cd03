// Package rollout decides what to do next with an App: which Release should
// run, and whether the one that goes out has proved healthy or failed.
//
// It is pure: a State in, a Decision out, the time an argument. It imports no
// client. The names are the same everywhere: D is the desired Release, R the
// one the Deployment runs, H the last healthy one that still has all that its
// pods use, N the newest.
//
// First Desire chooses D, by the hash h of the App's inputs:
//
//	situation                                 D
//	----------------------------------------  ---------------------------------------
//	a wish (retry, restart) not yet answered  a new Release
//	N has hash h and is on its way            N
//	N has hash h, answers a wish that still   N: what was asked for failed, also if
//	stands, and failed                        H has the same inputs
//	R or H has hash h                         that one; N, if another, is superseded
//	N has hash h and is not superseded        N: the same inputs are not tried again
//	otherwise                                 a new Release
//
// Nothing is made, marked healthy or marked failed while the App is paused,
// pinned or its inputs are not resolved, and the clocks stand.
//
// Then Decide takes the first rule that matches (rules.go, in this order):
//
//	situation                                        action        reason
//	-----------------------------------------------  ------------  ---------------------------
//	inputs not resolved                              Hold          the reason of Held
//	pinned by annotation to P                        Advance, Wait, Settled  Pinned
//	something to do, but the App is paused           Hold          Paused
//	a source changed, and it is not the App's turn   Hold          WaitingForTurn
//	D not failed, R is not D                         Advance       Progressing
//	R is what it should be, Deployment not observed  Await
//	D healthy, R is D and complete, others' pods     Wait          Progressing
//	D healthy, R is D and comes back                 Wait          Progressing
//	D healthy, R is D, does not come up again        Stall         ReturnFailed
//	D healthy, R is D                                Settled       Healthy
//	D not proved, R is D, no pods wanted             Settled       Healthy, nothing is proved
//	R is D, failure budget spent                     D failed, then as the rows for a failed D
//	R is D, rollout not complete                     Wait          Progressing
//	R is D, complete, bake not over                  Bake          Baking
//	R is D, bake over                                D healthy, then Settled
//	D failed, R is D, rollback Manual or no H        Stall         Failed
//	D failed, two targets of rollback failed too     Stall         RollbackFailed
//	D failed, R is not H                             RollBack      RollingBack
//	D failed, R is H, H complete                     Stall         RolledBack
//	D failed, R is H, H fails too                    H failed, then as the rows for a failed D
//	D failed, R is H                                 Wait          RollingBack
//
// Failure budgets, for the pods of the Release that goes out (budget.go):
//
//	class           budget
//	--------------  --------------------------------------------------------------
//	Terminal        10 s after it was first seen
//	Crash           more than maxRestarts restarts, or 55 s after it was first seen
//	NotReady        progressDeadlineSeconds without one more available pod
//	Infrastructure  the same deadline; the clock stands while no node is ready
//	in the bake     the same, and any crash and any lost readiness at once
//
// A Release that returns has no restart budget: its pods may have been
// restarted long before.
package rollout
