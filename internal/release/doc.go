// Package release knows what a Release is made of: the hash over an App's
// inputs, the names of Releases and of content-addressed copies, and which
// Releases to keep. It is pure.
package release
