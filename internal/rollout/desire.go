package rollout

import "slices"

// choice is what Desire chose.
type choice struct {
	desired    Release // the zero Release when one is to be made
	next       *Make
	superseded []int64
}

// desire chooses the Release that should run for the App's inputs. It is the
// first table of the package comment.
func desire(s State) choice {
	newest, exists := s.newest()
	if cause, wished := wish(s, newest); exists && wished {
		return choice{next: s.next(cause)}
	}
	if exists && newest.InputHash == s.InputHash && !newest.Superseded && (newest.Health == Unproven || s.failedWish(newest)) {
		return choice{desired: newest}
	}
	for _, candidate := range []func() (Release, bool){s.running, s.newestHealthy} {
		if release, ok := candidate(); ok && release.InputHash == s.InputHash && !release.Superseded {
			return choice{desired: release, superseded: s.supersede(release, newest)}
		}
	}
	if exists && newest.InputHash == s.InputHash && !newest.Superseded {
		return choice{desired: newest}
	}
	return choice{next: s.next(CauseInputs)}
}

// failedWish tells whether a Release failed that a person asked for by an
// annotation which is still there. The Release it was to replace can have the
// same inputs: running that one is not what was asked for.
func (s State) failedWish(release Release) bool {
	if release.Health != Failed {
		return false
	}
	switch release.Cause {
	case CauseRetry:
		return s.Retry != ""
	case CauseRestart:
		return s.Restart != ""
	case CauseInputs:
	}
	return false
}

// wish tells whether the App carries a wish that no Release has answered yet.
// Every Release carries the wishes of those before it, so the newest knows all.
func wish(s State, newest Release) (Cause, bool) {
	switch {
	case s.Retry != "" && s.Retry != newest.Retry:
		return CauseRetry, true
	case s.Restart != "" && s.Restart != newest.Restart:
		return CauseRestart, true
	}
	return "", false
}

// next asks for the next Release. A wish whose annotation is gone stays
// answered.
func (s State) next(cause Cause) *Make {
	newest, _ := s.newest()
	wanted := &Make{Number: newest.Number + 1, Cause: cause, Retry: newest.Retry, Restart: newest.Restart}
	if s.Retry != "" {
		wanted.Retry = s.Retry
	}
	if s.Restart != "" {
		wanted.Restart = s.Restart
	}
	return wanted
}

// supersede returns the newest Release if the choice leaves it behind.
func (s State) supersede(chosen, newest Release) []int64 {
	if newest.Number == chosen.Number || newest.Superseded {
		return nil
	}
	return []int64{newest.Number}
}

func (s State) newest() (Release, bool) {
	if len(s.Releases) == 0 {
		return Release{}, false
	}
	return s.Releases[len(s.Releases)-1], true
}

func (s State) numbered(number int64) (Release, bool) {
	for _, release := range s.Releases {
		if release.Number == number {
			return release, true
		}
	}
	return Release{}, false
}

func (s State) running() (Release, bool) {
	if !s.Running.Exists {
		return Release{}, false
	}
	return s.numbered(s.Running.Release)
}

// newestHealthy returns the newest Release that proved healthy and did not fail
// when it was to return. Where its inputs are those of the App, what it lost can
// be had again.
func (s State) newestHealthy() (Release, bool) {
	return s.newestOf(func(r Release) bool { return r.Health == Healthy })
}

// lastHealthy returns the newest Release that can return.
func (s State) lastHealthy() (Release, bool) { return s.newestOf(s.canReturn) }

// canReturn tells that a Release proved healthy, did not fail when it was to
// return, and has what its pods use. What runs has it, or is about to.
func (s State) canReturn(r Release) bool {
	return r.Health == Healthy && (!r.Lost || s.Running.Exists && r.Number == s.Running.Release)
}

func (s State) newestOf(wanted func(Release) bool) (Release, bool) {
	for _, r := range slices.Backward(s.Releases) {
		if wanted(r) {
			return r, true
		}
	}
	return Release{}, false
}
