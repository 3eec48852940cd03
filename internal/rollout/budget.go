package rollout

import (
	"fmt"
	"time"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
)

const (
	// terminalBudget rides out what corrects itself at once, such as a Secret
	// that is created a moment after the App.
	terminalBudget = 10 * time.Second
	// crashBudget is short of a minute, so that a crash loop is answered
	// within one.
	crashBudget = 55 * time.Second
	// markEvery bounds how often a high-water mark is written: at most so many
	// times in one deadline. The mark may lag by as much of the deadline.
	markEvery = 10
)

// judgement is what the budgets say of the Release that goes out.
type judgement struct {
	failed  *FinalVerdict
	mark    ReleaseMark // what to remember; its Number is always set
	recheck time.Time   // when a budget is spent if nothing changes
}

// trial is a Release on its way: the newest one, or one that returns.
type trial struct {
	release Release
	// since is when it began, the start of its clocks.
	since time.Time
	// returns tells that it has proved healthy before.
	returns bool
}

// judge applies the failure budgets to a Release on its way.
func judge(s State, t trial) judgement {
	j := judgement{mark: ReleaseMark{Number: t.release.Number}}
	if failed := crashVerdict(s, t); failed != nil {
		j.failed = failed
		return j
	}
	j.suspect(s, t)
	if j.failed == nil && s.completed(t.release).IsZero() {
		j.progress(s, t)
	}
	if j.failed != nil {
		j.mark = ReleaseMark{Number: t.release.Number}
	}
	return j
}

// crashVerdict fails a Release without any clock: too many restarts, or any
// trouble in the bake.
func crashVerdict(s State, t trial) *FinalVerdict {
	v := s.Verdict
	if t.returns {
		return nil
	}
	if v.Restarts > s.Policy.MaxRestarts {
		return failure(v1alpha1.FailureCrash, "a container was restarted %d times > %d%s", v.Restarts, s.Policy.MaxRestarts, because(v))
	}
	completed := s.completed(t.release)
	switch {
	case completed.IsZero():
		return nil
	case v.LastEnd.After(completed):
		return failure(v1alpha1.FailureBake, "a container ended in the bake, after all %d pods were available%s", s.Running.Want, because(v))
	case v.Lost > 0:
		return failure(v1alpha1.FailureBake, "%d of %d pods lost readiness in the bake%s", v.Lost, v.Pods, because(v))
	}
	return nil
}

// suspect runs the clock of the fast classes from the moment their sign was
// first seen. The moment is kept on the Release, so that a restart of the
// operator does not stop the clock.
func (j *judgement) suspect(s State, t trial) {
	class, budget := s.Verdict.Class, terminalBudget
	switch class {
	case health.Terminal:
	case health.Crash:
		budget = crashBudget
	case health.None, health.NotReady, health.Infrastructure:
		if t.release.Suspect != (Suspicion{}) {
			j.mark.Suspect = &Suspicion{}
		}
		return
	}
	seen := t.release.Suspect
	if seen.Class != class || seen.Since.Before(t.since) {
		seen = Suspicion{Class: class, Since: s.Now}
		j.mark.Suspect = &seen
	}
	lasted := s.Now.Sub(seen.Since)
	if lasted >= budget {
		j.failed = failure(reasonOf(class), "%s for %s, budget %s%s", subject(s.Verdict), seconds(lasted), seconds(budget), detail(s.Verdict))
		return
	}
	j.recheckAt(seen.Since.Add(budget))
}

// progress runs the deadline from the last time one more pod was available
// than ever before. Pods that come and go do not move it; it stands while no
// node could run a pod.
func (j *judgement) progress(s State, t trial) {
	mark, step := t.mark(), s.Policy.step()
	available := max(mark.Available, s.Running.UpdatedAvailable)
	switch {
	case !s.Verdict.NodesReady:
		// Nodes that return are no change that is watched.
		j.recheckAt(s.Now.Add(step))
		if !mark.Stands {
			j.mark.Progress = &Mark{Available: available, Stands: true}
		}
		return
	case mark.Stands:
		mark = Mark{Available: available, At: s.Now}
		j.mark.Progress = &mark
	case available > mark.Available && (s.Now.Sub(mark.At) >= step || s.fromZero(t.release) && available >= s.Running.Want):
		mark = Mark{Available: available, At: s.Now}
		j.mark.Progress = &mark
	case available > mark.Available:
		j.recheckAt(mark.At.Add(step))
		return
	}
	waited := s.Now.Sub(mark.At)
	if waited < s.Policy.ProgressDeadline {
		j.recheckAt(mark.At.Add(s.Policy.ProgressDeadline))
		return
	}
	reason := v1alpha1.FailureNotReady
	if s.Verdict.Class == health.Infrastructure {
		reason = v1alpha1.FailureInfrastructure
	}
	j.failed = failure(reason, "%d of %d updated pods available, none more for %s, deadline %s%s",
		s.Running.UpdatedAvailable, s.Running.Want, seconds(waited), seconds(s.Policy.ProgressDeadline), because(s.Verdict))
}

// completed is when all pods of a Release on its way were available, zero while
// they have not been. The Deployment's controller says so, but calls a rollout
// without pods complete too, and not what follows when there are to be some:
// from then on the Release's own mark counts.
func (s State) completed(release Release) time.Time {
	mark := release.Progress
	switch {
	case s.Running.CompletedAt.IsZero() || mark.Stands:
		return time.Time{}
	case !s.fromZero(release):
		return s.Running.CompletedAt
	case mark.Available < s.Running.Want:
		return time.Time{}
	}
	return mark.At
}

// with is a Release whose progress is as a mark says, if it says anything.
func (r Release) with(mark ReleaseMark) Release {
	if mark.Progress != nil {
		r.Progress = *mark.Progress
	}
	return r
}

// fromZero tells that a Release's clock was started after its rollout had been
// complete without proving anything.
func (s State) fromZero(release Release) bool {
	return !s.Running.CompletedAt.IsZero() && release.Progress.At.After(s.Running.CompletedAt)
}

// step is the least time between two writes of a high-water mark. Times are
// kept in whole seconds.
func (p Policy) step() time.Duration { return max(p.ProgressDeadline/markEvery, time.Second) }

func (j *judgement) recheckAt(at time.Time) {
	if j.recheck.IsZero() || at.Before(j.recheck) {
		j.recheck = at
	}
}

// mark returns the high-water mark of this trial: one from before it began
// does not count.
func (t trial) mark() Mark {
	if mark := t.release.Progress; mark.Stands || !mark.At.Before(t.since) {
		return mark
	}
	return Mark{At: t.since}
}

// stop makes a Release's clock stand, until it is judged again.
func stop(release Release) ReleaseMark {
	mark := release.Progress
	if mark.Stands {
		return ReleaseMark{Number: release.Number}
	}
	return ReleaseMark{Number: release.Number, Progress: &Mark{Available: mark.Available, Stands: true}}
}

// start starts the clock of a Release that was made long before it goes out.
func start(s State, t trial) ReleaseMark {
	mark := t.mark()
	if !mark.Stands && s.Now.Sub(mark.At) < s.Policy.step() {
		return ReleaseMark{Number: t.release.Number}
	}
	return ReleaseMark{Number: t.release.Number, Progress: &Mark{At: s.Now}}
}

func failure(reason, format string, args ...any) *FinalVerdict {
	return &FinalVerdict{Health: Failed, Reason: reason, Message: fmt.Sprintf(format, args...), Evidence: true}
}

func reasonOf(class health.Class) string {
	if class == health.Crash {
		return v1alpha1.FailureCrash
	}
	return v1alpha1.FailureTerminal
}

// subject says how many pods show the verdict's class, for example
// "3 of 3 updated pods in ImagePullBackOff".
func subject(v health.Verdict) string {
	if v.Affected == 0 {
		return "no pod could be made: " + v.Signs[0].Reason
	}
	return fmt.Sprintf("%d of %d updated pods in %s", v.Affected, v.Pods, v.Signs[0].Reason)
}

// because names the first sign, after a colon, when there is one.
func because(v health.Verdict) string {
	if len(v.Signs) == 0 {
		return ""
	}
	return ": " + v.Signs[0].Reason + detail(v)
}

// detail names where the first sign was seen and what was said there.
func detail(v health.Verdict) string {
	sign := v.Signs[0]
	var text string
	switch {
	case sign.Container != "":
		text = fmt.Sprintf(" (pod %s, container %s", sign.Pod, sign.Container)
	case sign.Pod != "":
		text = fmt.Sprintf(" (pod %s", sign.Pod)
	default:
		text = " (no pod"
	}
	switch {
	case sign.ExitCode != nil:
		// What a program prints when it ends may be anything. It is kept as
		// evidence on the Release and repeated nowhere.
		text += fmt.Sprintf(", exit code %d", *sign.ExitCode)
	case sign.Message != "":
		text += ": " + firstLine(sign.Message)
	}
	return text + ")"
}

// firstLine keeps messages readable in one line of a terminal.
func firstLine(message string) string {
	const most = 256
	for i, r := range message {
		if r == '\n' || i >= most {
			return message[:i] + "…"
		}
	}
	return message
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%d s", int64(d/time.Second))
}
