package rollout

import (
	"fmt"
	"slices"
	"time"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
)

// maxFailedTargets is how many Releases may fail on their return before the
// App is left alone: the last healthy one and one older.
const maxFailedTargets = 2

// Decide chooses the desired Release and what to do next. It is total: every
// State has a Decision. The same State always gives the same Decision.
func Decide(s State) Decision {
	d := decide(s)
	if healthy, ok := s.lastHealthy(); ok && d.LastHealthy == 0 {
		d.LastHealthy = healthy.Number
	}
	return d
}

func decide(s State) Decision {
	switch {
	case s.Held != nil:
		return hold(s, s.Held.Reason, s.Held.Message)
	case s.PinnedTo != 0:
		return pinned(s)
	}
	d := follow(s)
	switch {
	case s.Policy.Paused != "" && !d.restful():
		return hold(s, v1alpha1.ReasonPaused, s.Policy.Paused+"; "+pausedNote(d))
	case s.Turn != nil && d.Make != nil && s.Rests():
		return hold(s, s.Turn.Reason, s.Turn.Message)
	}
	return d
}

// Rests tells that what runs has proved healthy, so that a change can wait.
func (s State) Rests() bool {
	running, ok := s.running()
	return ok && running.Health == Healthy
}

// restful tells that a decision asks for nothing and judges nothing, so that
// there is nothing to hold back.
func (d Decision) restful() bool {
	if slices.ContainsFunc(d.Marks, func(mark ReleaseMark) bool { return mark.Verdict != nil }) {
		return false
	}
	return d.Action == Settled || d.Action == Stall || d.Action == Await
}

func pausedNote(d Decision) string {
	if d.Make != nil {
		return "a change waits"
	}
	return "waiting: " + d.Note
}

// hold keeps what runs, and keeps the clock of a Release on its way from
// running.
func hold(s State, reason, note string) Decision {
	d := Decision{Action: Hold, Reason: reason, Note: note}
	running, ok := s.running()
	if !ok {
		return d
	}
	d.Desired, d.Target = running.Number, running.Number
	if running.Health == Unproven || s.returns(running) {
		d.mark(stop(running))
	}
	return d
}

// returns tells that the running Release is on its way back, because the newest
// one failed or a person went back to its inputs.
func (s State) returns(running Release) bool {
	if !s.Running.Observed || !s.Running.CompletedAt.IsZero() {
		return false
	}
	newest, _ := s.newest()
	return newest.Health == Failed && !newest.Superseded && newest.Number != running.Number ||
		running.Health == Healthy && (s.Running.Old > 0 || s.Running.UpdatedAvailable < s.Running.Want)
}

// pinned runs the Release a person named, whatever became of it.
func pinned(s State) Decision {
	target := s.PinnedTo
	d := Decision{
		Action: Advance, Desired: target, Target: target, Reason: v1alpha1.ReasonPinned,
		Note: fmt.Sprintf("the annotation %s names Release %d", v1alpha1.AnnotationRollbackTo, target),
	}
	switch {
	case !s.Running.Exists || s.Running.Release != target:
		if release, ok := s.numbered(target); ok && !release.Lost { // else it cannot start, and every look would write
			d.mark(s.rewind(release))
		}
	case !s.Running.Observed:
		d.Action = Await
	case s.Running.Old > 0 || s.Running.UpdatedAvailable < s.Running.Want:
		d.Action = Wait
	default:
		d.Action = Settled
	}
	return d
}

// follow goes after the App's inputs.
func follow(s State) Decision {
	chosen := desire(s)
	if chosen.next != nil {
		number := chosen.next.Number
		return Decision{
			Action: Advance, Desired: number, Target: number, Make: chosen.next,
			Reason: v1alpha1.ReasonProgressing, Note: fmt.Sprintf("Release %d is new", number),
		}
	}
	d := towards(s.leaving(chosen.superseded), chosen.desired)
	for _, number := range chosen.superseded {
		d.mark(ReleaseMark{Number: number, Superseded: true})
	}
	return d
}

// leaving is the State once Releases are superseded: a failed one that the App does
// not ask for any more is not what another returns for.
func (s State) leaving(superseded []int64) State {
	s.Releases = slices.Clone(s.Releases)
	for i := range s.Releases {
		if slices.Contains(superseded, s.Releases[i].Number) {
			s.Releases[i].Superseded = true
		}
	}
	return s
}

func towards(s State, desired Release) Decision {
	runs := s.Running.Exists && s.Running.Release == desired.Number
	switch {
	case desired.Health == Failed:
		return afterFailure(s, desired)
	case !runs:
		return advance(s, desired)
	case !s.Running.Observed:
		return Decision{Action: Await, Desired: desired.Number, Target: desired.Number}
	case desired.Health == Healthy:
		return settle(s, desired)
	}
	return prove(s, desired)
}

// advance starts the desired Release. One that was made long ago (it was
// paused, or another one was pinned) starts its clock now.
func advance(s State, desired Release) Decision {
	d := Decision{
		Action: Advance, Desired: desired.Number, Target: desired.Number,
		Reason: v1alpha1.ReasonProgressing, Note: fmt.Sprintf("Release %d is desired, %s", desired.Number, s.whatRuns()),
	}
	if desired.Health == Unproven {
		d.mark(start(s, newTrial(desired)))
	} else {
		d.mark(s.rewind(desired))
	}
	return d
}

func (s State) whatRuns() string {
	if !s.Running.Exists {
		return "nothing runs"
	}
	return fmt.Sprintf("%d runs", s.Running.Release)
}

// settle rests on a Release that has proved healthy. There is no newer change
// to blame for later trouble, so nothing is taken back.
func settle(s State, desired Release) Decision {
	d := Decision{
		Action: Settled, Desired: desired.Number, Target: desired.Number, Reason: v1alpha1.ReasonHealthy,
		Note: fmt.Sprintf("Release %d runs and has proved healthy", desired.Number),
	}
	switch {
	case s.Running.CompletedAt.IsZero() && (s.Running.Old > 0 || s.Running.UpdatedAvailable < s.Running.Want):
		return comeBack(s, desired)
	case s.Running.Old == 0:
		return d
	}
	d.Action, d.Reason = Wait, v1alpha1.ReasonProgressing
	d.Note = fmt.Sprintf("%d pods of other Releases are to be replaced", s.Running.Old)
	return d
}

// comeBack watches a Release that has proved healthy and takes the place of
// others again, because a person went back to its inputs. It does not fail when
// it does not come up: nothing newer is to blame, and what still serves keeps
// serving. But the App no longer says that it is on its way.
func comeBack(s State, desired Release) Decision {
	d := Decision{
		Action: Wait, Desired: desired.Number, Target: desired.Number, Reason: v1alpha1.ReasonProgressing,
		Note: fmt.Sprintf("%d of %d pods of Release %d available again", s.Running.UpdatedAvailable, s.Running.Want, desired.Number),
	}
	mark := desired.Progress
	if !s.ticks(desired) {
		mark = Mark{At: s.Now}
		d.mark(ReleaseMark{Number: desired.Number, Progress: &mark})
		d.Recheck = s.Now.Add(s.Policy.step())
		return d
	}
	verdict := judge(s, trial{release: desired, since: mark.At, returns: true})
	if verdict.failed != nil {
		return d.stall(desired.Number, v1alpha1.ReasonReturnFailed, d.Note+because(s.Verdict))
	}
	d.Recheck = verdict.recheck
	d.mark(verdict.mark)
	return d
}

// ticks tells whether the clock of a Release that comes back was started since:
// its mark is younger than all that happened before it had to come back.
func (s State) ticks(release Release) bool {
	mark := release.Progress
	if mark.Stands {
		return true
	}
	for _, other := range s.Releases {
		if mark.At.Before(other.Finished) || other.Number != release.Number && mark.At.Before(other.Created) {
			return false
		}
	}
	return !mark.At.IsZero()
}

// rewind starts the clock of a Release that came back once before and is to
// come back again.
func (s State) rewind(release Release) ReleaseMark {
	if release.Health != Healthy || !s.ticks(release) {
		return ReleaseMark{Number: release.Number}
	}
	return ReleaseMark{Number: release.Number, Progress: &Mark{At: s.Now}}
}

// prove judges the desired Release while it goes out and bakes.
func prove(s State, desired Release) Decision {
	if s.Running.Want == 0 && s.Running.Old == 0 {
		return unproven(s, desired)
	}
	verdict := judge(s, newTrial(desired))
	if verdict.failed != nil {
		return s.failed(desired, verdict)
	}
	d := Decision{Desired: desired.Number, Target: desired.Number, Recheck: verdict.recheck}
	d.mark(verdict.mark)
	// With the mark that this look makes: no change that is watched may follow.
	completed := s.completed(desired.with(verdict.mark))
	baked := s.Policy.baked(completed)
	switch {
	case completed.IsZero():
		d.Action, d.Reason = Wait, v1alpha1.ReasonProgressing
		d.Note = fmt.Sprintf("%d of %d updated pods available", s.Running.UpdatedAvailable, s.Running.Want)
		if s.Verdict.Class != health.None {
			d.Note += because(s.Verdict)
		}
	case s.Now.Before(baked) || suspicious(s):
		d.Action, d.Reason = Bake, v1alpha1.ReasonBaking
		d.Note = fmt.Sprintf("all %d pods are available and must stay so for %s", s.Running.Want, seconds(s.Policy.Bake))
		if s.Now.Before(baked) {
			d.Recheck = earlier(d.Recheck, baked)
		}
	default:
		return proved(s, desired)
	}
	return d
}

// baked is when the bake of a rollout that was complete at a time is over.
// Times on objects are whole seconds, rounded down: the second in which the
// rollout was complete is not counted.
func (p Policy) baked(completed time.Time) time.Time {
	if p.Bake == 0 {
		return completed
	}
	return completed.Add(p.Bake + time.Second)
}

// unproven rests on a Release of which no pods are wanted. It has proved
// nothing: its trial begins when there are to be some.
func unproven(s State, desired Release) Decision {
	d := settle(s, desired)
	d.Note = fmt.Sprintf("no pods are wanted; Release %d has to prove itself when there are some", desired.Number)
	d.mark(stop(desired))
	return d
}

// suspicious tells that a fast failure class is being watched: its budget
// decides, not the end of the bake.
func suspicious(s State) bool {
	return s.Verdict.Class == health.Terminal || s.Verdict.Class == health.Crash
}

func proved(s State, desired Release) Decision {
	note := fmt.Sprintf("all pods were available, and none failed for %s", seconds(s.Policy.Bake))
	desired.Health = Healthy
	d := settle(s, desired)
	newest, _ := s.lastHealthy() // a newer one, when a person had pinned this one
	d.LastHealthy = max(desired.Number, newest.Number)
	d.mark(ReleaseMark{
		Number: desired.Number, Suspect: clearing(desired),
		Verdict: &FinalVerdict{Health: Healthy, Reason: v1alpha1.ReasonHealthy, Message: note},
	})
	return d
}

// failed marks a Release failed and goes on as if it had been so before.
func (s State) failed(release Release, verdict judgement) Decision {
	mark := verdict.mark
	mark.Verdict = verdict.failed
	mark.Suspect = clearing(release)
	s.Releases = append([]Release(nil), s.Releases...)
	for i := range s.Releases {
		if s.Releases[i].Number == release.Number {
			s.Releases[i].Health, s.Releases[i].Finished = Failed, s.Now
			s.Releases[i].Reason, s.Releases[i].Message = verdict.failed.Reason, verdict.failed.Message
			release = s.Releases[i]
		}
	}
	d := afterFailure(s, s.desiredAfter(release))
	d.mark(mark)
	if healthy, ok := s.lastHealthy(); ok {
		d.LastHealthy = healthy.Number
	}
	return d
}

// desiredAfter returns the desired Release when one has just failed: itself,
// or the failed one that it was to replace.
func (s State) desiredAfter(failed Release) Release {
	if newest, ok := s.newest(); ok && newest.Health == Failed && !newest.Superseded {
		return newest
	}
	return failed
}

// afterFailure goes back to the last healthy Release, or stays.
func afterFailure(s State, desired Release) Decision {
	d := Decision{Desired: desired.Number, FailedRelease: desired.Number}
	target, exists := s.lastHealthy()
	running, runs := s.running()
	switch {
	case !exists && !runs:
		return d.stall(desired.Number, v1alpha1.ReasonFailed, fmt.Sprintf("Release %d failed and there is no healthy one to return to", desired.Number))
	case s.failedTargets(desired) >= maxFailedTargets, !exists && s.failedTargets(desired) > 0:
		return d.stall(running.Number, v1alpha1.ReasonRollbackFailed, fmt.Sprintf("Release %d failed, and so did what should have returned", desired.Number))
	case !exists:
		return d.stall(running.Number, v1alpha1.ReasonFailed, fmt.Sprintf("Release %d failed and there is no healthy one to return to", desired.Number))
	case s.Policy.ManualRollback && runs && running.Number == desired.Number:
		return d.stall(running.Number, v1alpha1.ReasonFailed, fmt.Sprintf("Release %d failed and spec.rollout.rollback is Manual", desired.Number))
	case !runs || running.Number != target.Number:
		d.Action, d.Target, d.Reason = RollBack, target.Number, v1alpha1.ReasonRollingBack
		d.Note = fmt.Sprintf("Release %d failed (%s: %s); Release %d is the last healthy one", desired.Number, desired.Reason, desired.Message, target.Number)
		return d
	}
	return returning(s, d, desired, target)
}

// returning watches the last healthy Release come back.
func returning(s State, d Decision, desired, target Release) Decision {
	d.Target = target.Number
	switch {
	case !s.Running.Observed:
		return Decision{Action: Await, Desired: desired.Number, Target: target.Number, FailedRelease: desired.Number}
	case !s.Running.CompletedAt.IsZero(), s.Running.Old == 0 && s.Running.UpdatedAvailable >= s.Running.Want:
		return d.stall(target.Number, v1alpha1.ReasonRolledBack, fmt.Sprintf("Release %d failed (%s: %s); Release %d serves again", desired.Number, desired.Reason, desired.Message, target.Number))
	}
	verdict := judge(s, trial{release: target, since: s.returnBegan(desired), returns: true})
	if verdict.failed != nil {
		return s.failed(target, verdict)
	}
	d.Action, d.Reason = Wait, v1alpha1.ReasonRollingBack
	d.Note = fmt.Sprintf("%d of %d pods of Release %d available again", s.Running.UpdatedAvailable, s.Running.Want, target.Number)
	d.Recheck = verdict.recheck
	d.mark(verdict.mark)
	return d
}

// failedTargets counts the Releases that failed on their return after the
// desired one had failed.
func (s State) failedTargets(desired Release) int {
	count := 0
	for _, release := range s.Releases {
		if failedOnReturn(release, desired) {
			count++
		}
	}
	return count
}

func failedOnReturn(release, desired Release) bool {
	return release.Number < desired.Number && release.Health == Failed && !release.Finished.Before(desired.Finished)
}

// returnBegan is when the Release that returns now began to: when the desired
// one failed, or the last one that should have returned instead.
func (s State) returnBegan(desired Release) time.Time {
	began := desired.Finished
	for _, release := range s.Releases {
		if failedOnReturn(release, desired) && release.Finished.After(began) {
			began = release.Finished
		}
	}
	return began
}

func (d Decision) stall(target int64, reason, note string) Decision {
	d.Action, d.Target, d.Reason, d.Note = Stall, target, reason, note
	return d
}

// mark adds what to write down on a Release, if it is anything.
func (d *Decision) mark(mark ReleaseMark) {
	if mark.Verdict == nil && mark.Progress == nil && mark.Suspect == nil && !mark.Superseded {
		return
	}
	at := 0
	for at < len(d.Marks) && d.Marks[at].Number < mark.Number {
		at++
	}
	d.Marks = append(d.Marks[:at:at], append([]ReleaseMark{mark}, d.Marks[at:]...)...)
}

// newTrial is the first trial of a Release.
func newTrial(release Release) trial { return trial{release: release, since: release.Created} }

// clearing clears a suspicion that is written down.
func clearing(release Release) *Suspicion {
	if release.Suspect == (Suspicion{}) {
		return nil
	}
	return &Suspicion{}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
