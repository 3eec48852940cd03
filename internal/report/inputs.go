package report

import (
	"cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// inputsResolved tells whether everything the App refers to was found and
// understood.
func inputsResolved(in Input) *finding {
	switch held := in.Held; {
	case held == nil:
		return yes(v1alpha1.ReasonResolved, "everything the App refers to was found")
	case held.Reason == v1alpha1.ReasonReadFailed:
		return unknown(v1alpha1.ReasonReadFailed, heldMessage(in))
	default:
		return no(heldReason(in), heldMessage(in))
	}
}

func heldReason(in Input) string {
	return reasonOr(in.Held.Reason, v1alpha1.ReasonInputsMissing)
}

func heldMessage(in Input) string {
	return cmp.Or(in.Held.Message, "the inputs could not be resolved")
}
