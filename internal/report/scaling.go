package report

import (
	"cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// scalingActive repeats what the HorizontalPodAutoscaler says. It decides
// nothing.
func scalingActive(in Input) *finding {
	switch scaling := in.Scaling; {
	case scaling == nil:
		return nil
	case !scaling.Known:
		return unknown(v1alpha1.ReasonScalingUnknown, "the HorizontalPodAutoscaler has not reported yet")
	case scaling.Active:
		return yes(reasonOr(scaling.Reason, v1alpha1.ReasonScalingActive), cmp.Or(scaling.Message, "the HorizontalPodAutoscaler scales"))
	default:
		return no(reasonOr(scaling.Reason, v1alpha1.ReasonScalingInactive), cmp.Or(scaling.Message, "the HorizontalPodAutoscaler does not scale"))
	}
}
