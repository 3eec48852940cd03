// Package deploy installs the operator in a cluster as docs/install.md says, from
// an image that is built and pushed as it says there, and removes it again.
package deploy
