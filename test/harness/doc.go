// Package harness starts what tests, the demo and the benchmark run against:
// the control plane of test/cluster, and the operator as a process of its own,
// as people run it. Nothing here is linked into the operator.
package harness
