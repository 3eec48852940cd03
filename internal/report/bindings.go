package report

import (
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// bindingsReady tells whether all services that the App binds are ready.
func bindingsReady(in Input) *finding {
	switch {
	case len(in.App.Spec.Bindings) == 0:
		return nil
	case in.Unbound != nil && in.Unbound.Reason == v1alpha1.ReasonForbidden:
		return unknown(in.Unbound.Reason, around("", in.Unbound.Message, ""))
	case in.Unbound != nil:
		return no(in.Unbound.Reason, around("", in.Unbound.Message, ""))
	case !in.Bound:
		return unknown(v1alpha1.ReasonNotObserved, "another input of the App is in the way of looking for its services")
	}
	return yes(v1alpha1.ReasonBound, "all services were found, and what they hand out is projected")
}
