// Package e2e runs Apps in real containers on real nodes. The operator runs in
// the cluster, from its own image, with the rights that it ships with.
//
// What is tried is data: changes_test.go lists the changes that fail, and what
// is seen of each. Specs that mind nobody else run beside each other, each in a
// namespace of its own; those that disturb the operator or a node run alone,
// after them.
//
// See docs/e2e.md for all scenarios, and the seconds each took.
package e2e
