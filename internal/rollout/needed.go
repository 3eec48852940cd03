package rollout

import "slices"

// Needed are the numbers of the Releases whose objects must be there after a
// decision: what runs, is desired or is pinned, what still has pods, and what
// may have to return, the last healthy Release and the one before it, which
// returns when the last one fails on its way back.
func Needed(s State, d Decision, withPods []int64) []int64 {
	needed := []int64{d.Desired, d.Target, d.LastHealthy, s.Running.Release, s.PinnedTo}
	if second, ok := s.judged(d.Marks).healthyBefore(d.LastHealthy); ok {
		needed = append(needed, second.Number)
	}
	return append(needed, withPods...)
}

// judged is the State once verdicts are written down.
func (s State) judged(marks []ReleaseMark) State {
	s.Releases = slices.Clone(s.Releases)
	for _, mark := range marks {
		for i := range s.Releases {
			if mark.Verdict != nil && mark.Number == s.Releases[i].Number {
				s.Releases[i].Health = mark.Verdict.Health
			}
		}
	}
	return s
}

// healthyBefore returns the newest Release with a lower number that can return.
func (s State) healthyBefore(number int64) (Release, bool) {
	return s.newestOf(func(r Release) bool { return r.Number < number && s.canReturn(r) })
}

// Unknown tells that it is not known yet what is needed: the Deployment's
// controller has not looked at the present spec, and the ReplicaSet of a Release
// that was just left can still make its first pod.
func Unknown(s State) bool { return s.Running.Exists && !s.Running.Observed }

// Moving tells that pods of Releases can come of which none are there now: while
// a rollout is not complete, the ReplicaSets of earlier ones replace what they
// lose. One that never made a pod, because there was no room, makes it when pods
// of the running Release are missing too.
func Moving(s State) bool {
	return s.Running.Exists && (s.Running.CompletedAt.IsZero() || s.Running.Updated < s.Running.Want)
}
