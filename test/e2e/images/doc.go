// Package images makes the images that run in the end-to-end tests, without a
// container engine, and pushes them to a cluster's registries.
package images
