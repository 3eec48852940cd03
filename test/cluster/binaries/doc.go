// Package binaries builds the programs a Kubernetes control plane is made of
// from their Go modules and keeps them in a cache.
//
// Nothing is downloaded but Go modules: the versions are those of the go.mod of
// test/cluster, whose contents are part of the cache key. A build happens in a
// temporary folder and is renamed into place, so a folder that exists is whole.
// Two processes that want the same build wait for one another on a file lock.
package binaries
