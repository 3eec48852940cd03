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
	{"waits longer than the budget by one look", budget, "if lasted >= budget {", "if lasted > budget {"},
	{"gives a crash loop the budget of what cannot start", budget, "budget = crashBudget", "budget = terminalBudget"},
	{"takes a crash before the bake for one in it", budget, "\tcase completed.IsZero():\n\t\treturn nil\n\tcase v.LastEnd", "\tcase v.LastEnd"},
	{"lets the clock stand after the nodes are back", budget, "\tcase mark.Stands:\n\t\tmark = ", "\tcase false:\n\t\tmark = "},
	{"counts the time without nodes when they are back", budget, "if !mark.Stands {\n\t\t\tj.mark", "if false {\n\t\t\tj.mark"},
	{"tolerates a second more than the deadline", budget, "waited < s.Policy.ProgressDeadline", "waited <= s.Policy.ProgressDeadline"},
	{"does not look again when the deadline passes", budget, "j.recheckAt(mark.At.Add(s.Policy.ProgressDeadline))", ""},
	{"does not look again when a fast budget is spent", budget, "j.recheckAt(seen.Since.Add(budget))", ""},
	{"looks again at the last of several times", budget, "at.Before(j.recheck)", "at.After(j.recheck)"},
	{"writes the mark at every pod", budget, "markEvery = 10", "markEvery = 10000"},
	{"takes a rollout of no pods for one that proved something", budget, "case !s.fromZero(release):", "case true:"},
	{"bakes while the clock stands", budget, "s.Running.CompletedAt.IsZero() || mark.Stands:", "s.Running.CompletedAt.IsZero():"},
	{"counts the deadline from before the trial", budget, "mark.Stands || !mark.At.Before(t.since)", "mark != (Mark{})"},
	{"counts the time before a Release goes out", budget, "return ReleaseMark{Number: t.release.Number, Progress: &Mark{At: s.Now}}", "return ReleaseMark{Number: t.release.Number}"},
	{"repeats what a program printed", budget, "case sign.ExitCode != nil:", "case false:"},

	{"ignores that an input is missing", rules, "case s.Held != nil:", "case false:"},
	{"ignores a pin", rules, "case s.PinnedTo != 0:", "case false:"},
	{"ignores that it is paused", rules, "case s.Policy.Paused && !d.restful():", "case false:"},
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
	{"waits for ever for what a person went back to", rules, "case s.Running.CompletedAt.IsZero() && (s.Running.Old > 0 || s.Running.UpdatedAvailable < s.Running.Want):\n\t\treturn comeBack", "case false:\n\t\treturn comeBack"},
	{"forgets the failed Release that a return is about", rules, "d := Decision{Desired: desired.Number, FailedRelease: desired.Number}", "d := Decision{Desired: desired.Number}"},
	{"runs the clock of a Release on its way while it is held", rules, "running.Health == Unproven || s.returns(running)", "s.returns(running)"},
	{"runs the clock of a Release that returns while it is held", rules, "running.Health == Unproven || s.returns(running)", "running.Health == Unproven"},
	{"says Healthy while paused in a rollout that is not judged", rules, "return mark.Verdict != nil", "return false"},
	{"calls an App at rest Paused", rules, "return d.Action == Settled || d.Action == Stall || d.Action == Await", "return false"},
	{"settles on a pin before its pods are there", rules, "case s.Running.Old > 0 || s.Running.UpdatedAvailable < s.Running.Want:\n\t\td.Action = Wait", "case false:\n\t\td.Action = Wait"},
	{"believes an older status of a pinned App", rules, "case !s.Running.Observed:\n\t\td.Action = Await", "case false:\n\t\td.Action = Await"},
	{"goes back with the clock of the last return", rules, "d.mark(s.rewind(desired))", ""},
	{"gives the second return the clock of the first", rules, "began = release.Finished", "began = desired.Finished"},
	{"believes an older status of a rollback", rules, "case !s.Running.Observed:\n\t\treturn Decision{Action: Await, Desired: desired.Number, Target: target.Number, F", "case false:\n\t\treturn Decision{Action: Await, Desired: desired.Number, Target: target.Number, F"},
	{"calls a rollback over while pods of others are left", rules, "s.Running.Old == 0 && s.Running.UpdatedAvailable >= s.Running.Want:", "s.Running.UpdatedAvailable >= s.Running.Want:"},
	{"calls a rollback over before its pods are there", rules, "s.Running.Old == 0 && s.Running.UpdatedAvailable >= s.Running.Want:", "s.Running.Old == 0:"},
	{"ignores that it is not its turn", rules, "s.Turn != nil && d.Make", "false && d.Make"},
	{"holds everything while it waits for its turn", rules, "s.Turn != nil && d.Make != nil && s.Rests()", "s.Turn != nil && s.Rests()"},
	{"waits for ever for a return that fails", rules, "if verdict.failed != nil {\n\t\treturn d.stall(", "if false {\n\t\treturn d.stall("},
	{"takes a clock from before the change that is reverted", rules, "other.Number != release.Number && mark.At.Before(other.Created)", "false"},
	{"tells the last healthy Release too late", rules, "d.LastHealthy = desired.Number", "_ = desired"},
	{"keeps a suspicion after the verdict", rules, "if release.Suspect == (Suspicion{}) {", "if true {"},
	{"forgets why the desired Release failed", rules, "s.Releases[i].Reason, s.Releases[i].Message = verdict.failed.Reason, verdict.failed.Message", ""},

	{"answers a wish at every look", desire, "case s.Restart != \"\" && s.Restart != newest.Restart:", "case s.Restart != \"\":"},
	{"ignores a retry", desire, "case s.Retry != \"\" && s.Retry != newest.Retry:", "case false:"},
	{"tries the same inputs again by itself", desire, "\tif exists && newest.InputHash == s.InputHash && !newest.Superseded {\n\t\treturn choice{desired: newest}\n\t}\n\treturn", "\treturn"},
	{"makes a new Release of a revert", desire, "for _, candidate := range []func() (Release, bool){s.running, s.lastHealthy} {", "for _, candidate := range []func() (Release, bool){} {"},
	{"leaves a Release that was reverted as it is", desire, "return []int64{newest.Number}", "return nil"},
	{"numbers Releases with gaps", desire, "wanted := &Make{Number: newest.Number + 1,", "wanted := &Make{Number: newest.Number + 2,"},
	{"takes the oldest healthy Release back", desire, "for i := len(s.Releases) - 1; i >= 0; i-- {\n\t\tif s.Releases[i].Health == Healthy {", "for i := range s.Releases {\n\t\tif s.Releases[i].Health == Healthy {"},
	{"forgets a wish that failed", desire, "(newest.Health == Unproven || s.failedWish(newest))", "newest.Health == Unproven"},
	{"answers a retry at every look", desire, "s.Retry != \"\" && s.Retry != newest.Retry", "s.Retry != \"\""},
	{"ignores a restart", desire, "case s.Restart != \"\" && s.Restart != newest.Restart:", "case false:"},
	{"forgets the wishes that were answered", desire, " Retry: newest.Retry, Restart: newest.Restart}", "}"},
	{"writes down at every look what was left behind", desire, "newest.Number == chosen.Number || newest.Superseded", "newest.Number == chosen.Number"},
	{"collects what the second choice needs", needed, "if second, ok := s.healthyBefore(d.LastHealthy); ok {", "if second, ok := s.healthyBefore(d.LastHealthy); ok && second.Number < 0 {"},
	{"collects what is pinned", needed, ", s.PinnedTo}", "}"},
	{"collects what still has pods", needed, "append(needed, withPods...)", "needed"},
	{"keeps a failed Release in reserve", needed, "r.Number < number && r.Health == Healthy", "r.Number < number"},

	{"counts pods that are going away", assess, "if pod.Deleting {", "if false {"},
	{"blames a pod for its node", assess, "&& !pod.Ready && !pod.NodeLost", "&& !pod.Ready"},
	{"blames new pods for not being ready yet", assess, "pod.Created.Before(completed) && ", ""},
	{"takes the slowest class for the verdict", assess, "cmp.Compare(rank[a.Class], rank[b.Class]),", "cmp.Compare(rank[b.Class], rank[a.Class]),"},
	{"judges containers of evicted pods", assess, "continue // the node ended its containers", "// the node ended its containers"},
	{"calls a rollout NotReady that has no room", assess, "Infrastructure: 2, NotReady: 3", "Infrastructure: 3, NotReady: 2"},
	{"looks for missing readiness before the cluster", assess, "infrastructureSigns,\n\tnotReadySigns,", "notReadySigns,\n\tinfrastructureSigns,"},
	{"counts readiness that was lost before the bake", assess, "pod.Turned.After(completed) && ", ""},
	{"adds up the restarts of all pods", assess, "verdict.Restarts = max(verdict.Restarts, restarts(pod))", "verdict.Restarts += restarts(pod)"},
	{"does not see the end of a container that runs again", assess, "[]*Termination{container.Ended, container.LastEnded}", "[]*Termination{container.Ended}"},
	{"does not see the end of a container that is down", assess, "[]*Termination{container.Ended, container.LastEnded}", "[]*Termination{container.LastEnded}"},
	{"keeps a message of any length", assess, "if len(message) <= maxMessage {", "if true {"},
	{"takes every failed pull for final", terminal, "isPullFailure(container.Waiting) && !isTransientPull(container.WaitingMessage)", "isPullFailure(container.Waiting)"},
	{"takes no failed pull for final", terminal, "isPullFailure(container.Waiting) && !isTransientPull(container.WaitingMessage)", "false"},
	{"ignores init containers", terminal, "for _, container := range pod.Init {", "for _, container := range pod.Init[:0] {"},
	{"does not know a missing key", terminal, "\t\"CreateContainerConfigError\": true,\n", ""},
	{"blames a sidecar that has recovered", terminal, "if end == nil && !container.Ready {", "if end == nil {"},
	{"forgets a failed init container while it runs again", terminal, "if end == nil && !container.Ready {", "if false {"},
	{"takes an end without an error for success", crash, "case container.Ended != nil:", "case container.Ended != nil && container.Ended.ExitCode != 0:"},
	{"forgets a crash as soon as the container runs again", crash, "case container.LastEnded != nil && !container.Ready:", "case container.LastEnded != nil && container.Waiting != \"\":"},
	{"excuses a pod that used more than it may", crash, "return pod.Failed && pod.Reason == \"Evicted\"", "return false && pod.Reason == \"Evicted\""},
	{"blames a container that has recovered", crash, "container.LastEnded != nil && !container.Ready", "container.LastEnded != nil"},
	{"blames a pod for pressure on its node", crash, " && !strings.HasPrefix(pod.Message, \"The node\")", " && !strings.HasPrefix(pod.Message, \"-\")"},
	{"takes a full quota for final", infra, "sign.Class, sign.Reason = Infrastructure, \"QuotaExceeded\"", "sign.Reason = \"QuotaExceeded\""},
	{"takes a webhook that is down for final", infra, "sign.Class, sign.Reason = Infrastructure, \"WebhookUnavailable\"", "sign.Reason = \"WebhookUnavailable\""},
	{"does not look whether a node has room", infra, "case pod.Unschedulable != \"\":", "case false:"},
	{"does not see that a node is lost", infra, "case pod.NodeLost:", "case false:"},
	{"waits out a refusal by a policy", infra, " && !strings.Contains(lower, \"denied\")", ""},
	{"waits out a refusal by pod security", infra, "!strings.Contains(lower, \"forbidden\") && ", ""},
	{"takes a container that is ready for one that is not", notReady, "case container.Ready:", "case !container.Ready:"},
	{"takes a pod that is ready for one that is not", notReady, "if pod.Ready {", "if false {"},
	{"takes a limit on pulls for final", imagePull, "\t\"429 too many requests\",\n\t\"toomanyrequests\",\n", ""},

	{"collects Releases that are needed", keep, "if i < surplus && !slices.Contains(needed, release.Spec.Number) {", "if i < surplus {"},
	{"keeps old credentials for ever", keep, "return !slices.Contains(needed, r.Spec.Number) })\n\treturn Kept", "return false })\n\treturn Kept"},
	{"collects one Release too many", keep, "surplus := len(releases) - limit", "surplus := len(releases) - limit + 1"},
	{"collects the configuration of what is kept", keep, "if release.Spec.ConfigName != \"\" {", "if false {"},
	{"believes that a rollout is complete whose template went back", facts, "d.Status.UpdatedReplicas == d.Status.Replicas", "true"},
	{"counts pods of all Releases as updated", facts, "case number(pod.Labels) != running.Release:", "case false:"},
	{"believes every status", facts, "d.Status.ObservedGeneration >= d.Generation,", "true,"},
	{"waits for pods that are going away", facts, "!pod.DeletionTimestamp.IsZero() || over(pod)", "over(pod)"},
	{"judges the pods of all Releases", facts, "number(pod.Labels) == running.Release {", "true {"},
	{"forgets that a clock stands", facts, "p.Available != nil && p.Time.IsZero()", "false"},

	{"takes up a suspicion from an earlier trial", budget, "seen.Class != class || seen.Since.Before(t.since)", "seen.Class != class"},
	{"goes on with the clock of another class", budget, "seen.Class != class || seen.Since.Before(t.since)", "seen.Since.Before(t.since)"},
	{"takes an init container's success for a failure", terminal, "end == nil || end.ExitCode == 0", "end == nil"},
	{"does not know a crash loop without an end", crash, "case container.Waiting == crashLoopBackOff:", "case false:"},
	{"does not see an init container's failed pull", infra, "[][]Container{pod.Init, pod.Containers}", "[][]Container{pod.Containers}"},
	{"waits out a pod that is not valid", infra, " && !strings.Contains(lower, \"invalid\")", ""},
}
