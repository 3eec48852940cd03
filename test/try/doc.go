// Command try starts a cluster with real nodes in the background, installs the
// operator in it, and leaves an App to apply. What a shell needs to use it is
// printed on standard output; all else is told on standard error.
//
// It does what the end-to-end tests do before they begin.
package main
