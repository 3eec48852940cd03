// Package fence keeps an operator that lost its lease without noticing from
// writing: one whose process was paused, or whose machine was, goes on where it
// stood, with decisions that another operator has overtaken meanwhile.
//
// What it promises: a request that changes anything is sent only within a limit
// after the sending of the last write of the lease that the API server took.
// The limit is shorter than what others wait for before they take the lease, so
// what is on its way then arrives before they act.
//
// Who elects no leader needs none of this and wraps nothing.
package fence
