// Package deploy installs the operator in a cluster as people do: with the
// manifests or the Helm chart of this repository, whose image alone is another.
package deploy
