// Package crd holds the CustomResourceDefinitions of App and Release, for
// programs that check manifests without a cluster.
package crd

import "embed"

// Bases are the definitions, one in each file of the folder bases.
//
//go:embed bases/*.yaml
var Bases embed.FS
