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
		return resolved(in)
	case held.Reason == v1alpha1.ReasonReadFailed, held.Reason == v1alpha1.ReasonResolvingImage:
		return unknown(held.Reason, heldMessage(in))
	default:
		return no(heldReason(in), heldMessage(in))
	}
}

// runsTheTag says what follows from a tag that was not resolved.
const runsTheTag = " runs the tag, and nodes may find other bytes behind it"

// resolved tells also of a digest that the desired Release should have and has
// not.
func resolved(in Input) *finding {
	desired := in.release(in.Decision.Desired)
	if desired == nil || desired.Spec.DigestProblem == "" {
		return yes(v1alpha1.ReasonResolved, "everything the App refers to was found")
	}
	return yes(v1alpha1.ReasonResolved, around("everything the App refers to was found, but the image has no digest: ",
		desired.Spec.DigestProblem, "; "+in.name(in.Decision.Desired)+runsTheTag))
}

func heldReason(in Input) string {
	return reasonOr(in.Held.Reason, v1alpha1.ReasonInputsMissing)
}

func heldMessage(in Input) string {
	return cmp.Or(in.Held.Message, "the inputs could not be resolved")
}
