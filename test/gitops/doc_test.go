// Package gitops_test lets the tools by which people deploy put Apps on a real
// control plane with simulated nodes: kubectl, Helm, and what Flux and Argo CD
// are made of. The folders below hold these as commands, each in a module of
// its own.
//
// Every scene plays in a namespace of its own, beside the others. When all are
// over, every version of every App that the API server has shown is judged by
// all tools, and what they say must agree.
package gitops_test
