// Package report says how an App is doing: its status, the status of its
// Releases, and the events of the step from one status to the next.
//
// It is pure: facts in, words out. It imports no client, asks no clock and
// ranges over no map, so that the same facts give the same bytes; and the same
// facts again, at another time, change nothing and tell nothing. No text has a
// time or a random name of its own in it, because the write of such a text
// would be the cause of the next.
//
// Status makes every condition in a function of its own. RolledOut is the first
// of these rules that matches (rolledout.go):
//
//	what was decided or happened          RolledOut            way
//	------------------------------------  -------------------  -----------
//	a child belongs to somebody else      False Conflict       Stalled
//	a child is refused                    False Refused        Stalled
//	held: something is missing            False InputsMissing  Reconciling
//	held: a service is not ready          False ServiceBindingsNotReady  Reconciling
//	held: something is wrong              False InvalidImage, InvalidInput  Stalled
//	held: something could not be read     Unknown ReadFailed   Reconciling
//	held: a registry is being asked       Unknown ResolvingImage  Reconciling
//	held: no digest for the image         False ImageNotResolved  Reconciling
//	Hold, Paused                          False Paused         Reconciling
//	Hold, WaitingForTurn                  Unknown WaitingForTurn  Reconciling
//	Await                                 as reported before, of the same Releases
//	Stall, RolledBack                     False RolledBack     Stalled
//	Stall, RollbackFailed                 False RollbackFailed Stalled
//	Stall, ReturnFailed                   False ReturnFailed   Stalled
//	Stall, Failed                         False Failed         Stalled
//	RollBack; Wait, RollingBack           False RollingBack    Reconciling
//	Pinned, the rollout of P is complete  True Pinned          -
//	Pinned                                Unknown Pinned       Reconciling
//	Settled                               True Healthy         -
//	Bake                                  Unknown Baking       Reconciling
//	Advance, Wait                         Unknown Progressing  Reconciling
//
// Available tells of the pods alone, whatever was decided (available.go):
//
//	no Deployment                         False NothingRuns
//	its status speaks of an older spec    as before, else Unknown NotObserved
//	no pods wanted                        True ScaledToZero
//	enough pods serve, and at least one   True MinimumReplicasAvailable
//	otherwise                             False MinimumReplicasUnavailable
//
// Ready sums up (ready.go): while RolledOut is not True, Ready says what
// RolledOut says. While it is, Ready is False with Unavailable, Reconciling,
// as long as Available is False, Unknown as long as that is Unknown or another
// number of pods is on its way to the Deployment, and otherwise True.
// ScalingActive decides nothing. InputsResolved need not be
// asked: RolledOut is not True without it.
//
// An App is always in exactly one of three ways: Ready is True, or Reconciling
// is there, or Stalled is there with Ready False; the latter two say why in
// Ready's words. Tools that wait for an App build on that: one that is neither
// costs them all their time, and one that is two of them makes them go on or
// give up too early. Ready is Unknown only while Reconciling. The conditions
// stand in one order, and all of them and the status speak of one generation.
// CheckInvariants is these promises in code.
//
// A failure is told as long as the decision tells it, and over a Hold. Texts of
// others are cut to what fits into 1 KiB together with the way out, a status
// has at most 64 KiB.
package report
