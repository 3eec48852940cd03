// Package mutation breaks the engine on purpose, one small change at a time, and
// checks that the tests which need no cluster catch every one of them. A test
// suite is only worth what it would notice.
//
// The broken engines stand in broken_test.go: each in words, and as the one line
// that it changes. Sources are not touched: a mutation is an overlay of the Go
// command.
package mutation
