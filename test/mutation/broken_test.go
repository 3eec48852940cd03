package mutation

// broken is an engine with one mistake.
type broken struct {
	name string // what it does wrong
	file string
	old  string // what is replaced; it stands once in the file
	new  string
}

const (
	rules     = "internal/rollout/rules.go"
	budget    = "internal/rollout/budget.go"
	desire    = "internal/rollout/desire.go"
	needed    = "internal/rollout/needed.go"
	assess    = "internal/health/assess.go"
	terminal  = "internal/health/terminal.go"
	crash     = "internal/health/crash.go"
	infra     = "internal/health/infrastructure.go"
	notReady  = "internal/health/notready.go"
	keep      = "internal/release/keep.go"
	hash      = "internal/release/hash.go"
	facts     = "internal/observe/facts.go"
	imagePull = "internal/health/image.go"
)

var engines = []broken{
	{"waits 100 s where nothing will help", budget, "terminalBudget = 10 * time.Second", "terminalBudget = 100 * time.Second"},
	{"waits ten minutes for a crash loop", budget, "crashBudget = 55 * time.Second", "crashBudget = 600 * time.Second"},
	{"allows one restart more", budget, "v.Restarts > s.Policy.MaxRestarts", "v.Restarts > s.Policy.MaxRestarts+1"},
	{"does not count restarts at all", budget, "v.Restarts > s.Policy.MaxRestarts", "false && v.Restarts > s.Policy.MaxRestarts"},
	{"lets crashes pass in the bake", budget, "case v.LastEnd.After(completed):", "case false && v.LastEnd.After(completed):"},
	{"lets lost readiness pass in the bake", budget, "case v.Lost > 0:", "case v.Lost > 99:"},
	{"forgets since when it suspects", budget, "if seen.Class != class || seen.Since.Before(t.since) {", "if true {"},
	{"keeps a suspicion that is over", budget, "j.mark.Suspect = &Suspicion{}", "j.mark.Suspect = nil"},
	{"runs the deadline while no node is ready", budget, "case !s.Verdict.NodesReady:", "case false:"},
	{"never passes a deadline", budget, "if waited < s.Policy.ProgressDeadline {", "if waited < 1000*s.Policy.ProgressDeadline {"},
	{"lets a flapping pod move the deadline", budget, "available := max(mark.Available, s.Running.UpdatedAvailable)", "mark.Available = 0; available := s.Running.UpdatedAvailable"},
	{"does not move the deadline when one more pod comes up", budget, "case available > mark.Available && (s.Now.Sub(mark.At) >= step", "case false && (s.Now.Sub(mark.At) >= step"},
	{"judges a Release that returns by restarts from before", budget, "\tif t.returns {\n\t\treturn nil\n\t}\n", ""},
	{"calls everything that fails at the deadline NotReady", budget, "reason = v1alpha1.FailureInfrastructure", "reason = v1alpha1.FailureNotReady"},
	{"does not stop the clock of a held rollout", budget, "return ReleaseMark{Number: release.Number, Progress: &Mark{Available: mark.Available, Stands: true}}", "return ReleaseMark{Number: release.Number}"},

	{"ignores that an input is missing", rules, "case s.Held != nil:", "case false:"},
	{"ignores a pin", rules, "case s.PinnedTo != 0:", "case false:"},
	{"ignores that it is paused", rules, "if s.Policy.Paused && !d.restful() {", "if false && !d.restful() {"},
	{"believes a status of an older spec", rules, "\tcase !s.Running.Observed:\n\t\treturn Decision{Action: Await, Desired: desired.Number, Target: desired.Number}\n", ""},
	{"takes back a Release that had proved healthy", rules, "\tcase desired.Health == Healthy:\n\t\treturn settle(s, desired)\n", ""},
	{"skips the bake", rules, "case s.Now.Before(baked) || suspicious(s):", "case false:"},
	{"ends the bake while a pod fails", rules, "case s.Now.Before(baked) || suspicious(s):", "case s.Now.Before(baked):"},
	{"cuts the bake short by the second that is rounded away", rules, "return completed.Add(p.Bake + time.Second)", "return completed.Add(p.Bake)"},
	{"rolls back though it is told not to", rules, "case s.Policy.ManualRollback && runs", "case false && runs"},
	{"tries one target after the other", rules, "maxFailedTargets = 2", "maxFailedTargets = 20"},
	{"gives up after one failed target", rules, "maxFailedTargets = 2", "maxFailedTargets = 1"},
	{"never says that the rollback is over", rules, "case !s.Running.CompletedAt.IsZero(), s.Running.Old == 0", "case false, false && s.Running.Old == 0"},
	{"proves a Release without pods", rules, "if s.Running.Want == 0 && s.Running.Old == 0 {", "if false {"},
	{"waits for ever for what a person went back to", rules, "\tcase s.Running.CompletedAt.IsZero():\n\t\treturn comeBack(s, desired)\n", ""},
	{"forgets the failed Release that a return is about", rules, "d := Decision{Desired: desired.Number, FailedRelease: desired.Number}", "d := Decision{Desired: desired.Number}"},

	{"answers a wish at every look", desire, "case s.Restart != \"\" && s.Restart != newest.Restart:", "case s.Restart != \"\":"},
	{"ignores a retry", desire, "case s.Retry != \"\" && s.Retry != newest.Retry:", "case false:"},
	{"tries the same inputs again by itself", desire, "\tif exists && newest.InputHash == s.InputHash && !newest.Superseded {\n\t\treturn choice{desired: newest}\n\t}\n\treturn", "\treturn"},
	{"makes a new Release of a revert", desire, "for _, candidate := range []func() (Release, bool){s.running, s.lastHealthy} {", "for _, candidate := range []func() (Release, bool){} {"},
	{"leaves a Release that was reverted as it is", desire, "return []int64{newest.Number}", "return nil"},
	{"numbers Releases with gaps", desire, "wanted := &Make{Number: newest.Number + 1,", "wanted := &Make{Number: newest.Number + 2,"},
	{"takes the oldest healthy Release back", desire, "for i := len(s.Releases) - 1; i >= 0; i-- {\n\t\tif s.Releases[i].Health == Healthy {", "for i := range s.Releases {\n\t\tif s.Releases[i].Health == Healthy {"},
	{"forgets a wish that failed", desire, "(newest.Health == Unproven || s.failedWish(newest))", "newest.Health == Unproven"},
	{"collects what the second choice needs", needed, "if second, ok := s.healthyBefore(d.LastHealthy); ok {", "if second, ok := s.healthyBefore(d.LastHealthy); ok && second.Number < 0 {"},

	{"counts pods that are going away", assess, "if pod.Deleting {", "if false {"},
	{"blames a pod for its node", assess, "&& !pod.Ready && !pod.NodeLost", "&& !pod.Ready"},
	{"blames new pods for not being ready yet", assess, "pod.Created.Before(completed) && ", ""},
	{"takes the slowest class for the verdict", assess, "cmp.Compare(rank[a.Class], rank[b.Class]),", "cmp.Compare(rank[b.Class], rank[a.Class]),"},
	{"judges containers of evicted pods", assess, "continue // the node ended its containers", "// the node ended its containers"},
	{"takes every failed pull for final", terminal, "isPullFailure(container.Waiting) && !isTransientPull(container.WaitingMessage)", "isPullFailure(container.Waiting)"},
	{"takes no failed pull for final", terminal, "isPullFailure(container.Waiting) && !isTransientPull(container.WaitingMessage)", "false"},
	{"ignores init containers", terminal, "for _, container := range pod.Init {", "for _, container := range pod.Init[:0] {"},
	{"does not know a missing key", terminal, "\t\"CreateContainerConfigError\": true,\n", ""},
	{"takes an end without an error for success", crash, "case container.Ended != nil:", "case container.Ended != nil && container.Ended.ExitCode != 0:"},
	{"forgets a crash as soon as the container runs again", crash, "case container.LastEnded != nil && !container.Ready:", "case container.LastEnded != nil && container.Waiting != \"\":"},
	{"excuses a pod that used more than it may", crash, "return pod.Failed && pod.Reason == \"Evicted\"", "return false && pod.Reason == \"Evicted\""},
	{"takes a full quota for final", infra, "sign.Class, sign.Reason = Infrastructure, \"QuotaExceeded\"", "sign.Reason = \"QuotaExceeded\""},
	{"takes a webhook that is down for final", infra, "sign.Class, sign.Reason = Infrastructure, \"WebhookUnavailable\"", "sign.Reason = \"WebhookUnavailable\""},
	{"does not look whether a node has room", infra, "case pod.Unschedulable != \"\":", "case false:"},
	{"takes a container that is ready for one that is not", notReady, "case container.Ready:", "case !container.Ready:"},
	{"takes a limit on pulls for final", imagePull, "\t\"429 too many requests\",\n\t\"toomanyrequests\",\n", ""},

	{"collects Releases that are needed", keep, "if i < surplus && !slices.Contains(needed, release.Spec.Number) {", "if i < surplus {"},
	{"keeps old credentials for ever", keep, "return !slices.Contains(needed, r.Spec.Number) })\n\treturn Kept", "return false })\n\treturn Kept"},
	{"believes that a rollout is complete whose template went back", facts, "d.Status.UpdatedReplicas == d.Status.Replicas", "true"},
	{"counts pods of all Releases as updated", facts, "case number(pod.Labels) != running.Release:", "case false:"},
}
