// Package health says what is wrong with the pods of one Release, if anything.
//
// It is pure: facts in, verdict out, no clock and no client. Every failure
// class has a file of its own with the signs it knows:
//
//	class           signs                                              file
//	Terminal        the pods cannot start, and waiting will not help   terminal.go
//	Crash           containers end that should run                     crash.go
//	NotReady        pods run and are not ready                         notready.go
//	Infrastructure  the cluster cannot run the pods now                infrastructure.go
//
// How long a class is tolerated is not decided here but in package rollout.
// A pod shows at most one class: the first of the chain in assess.go whose
// signs it has.
package health
