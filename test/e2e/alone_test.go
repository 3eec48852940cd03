package e2e_test

import (
	. "github.com/onsi/ginkgo/v2"
)

// These disturb what others need. They run after all others, in this order: the
// last one leaves no operator.
var _ = Describe("Alone:", Serial, Ordered, ContinueOnFailure, func() {
	Describe("a node", loseANode)
	Describe("the operator", disturbTheOperator)
	Describe("the operator", replaceTheOperator)
})
