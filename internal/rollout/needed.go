package rollout

// Needed are the numbers of the Releases whose objects must be there after a
// decision: what runs, is desired or is pinned, what still has pods, and what
// may have to return, the last healthy Release and the one before it, which
// returns when the last one fails on its way back.
func Needed(s State, d Decision, withPods []int64) []int64 {
	needed := []int64{d.Desired, d.Target, d.LastHealthy, s.Running.Release, s.PinnedTo}
	if second, ok := s.healthyBefore(d.LastHealthy); ok {
		needed = append(needed, second.Number)
	}
	return append(needed, withPods...)
}

// healthyBefore returns the newest healthy Release with a lower number.
func (s State) healthyBefore(number int64) (Release, bool) {
	for i := len(s.Releases) - 1; i >= 0; i-- {
		if r := s.Releases[i]; r.Number < number && r.Health == Healthy {
			return r, true
		}
	}
	return Release{}, false
}
