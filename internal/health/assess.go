package health

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxMessage bounds what is kept of a foreign message, in bytes.
const maxMessage = 1024

// classify is the chain: the first class whose signs a pod has is the pod's.
var classify = []func(Pod) []Sign{
	terminalSigns,
	crashSigns,
	infrastructureSigns,
	notReadySigns,
}

// rank orders the classes from the one that is judged fastest.
var rank = map[Class]int{Terminal: 0, Crash: 1, Infrastructure: 2, NotReady: 3}

// Assess says what is wrong with the pods of one Release.
func Assess(facts Facts) Verdict {
	verdict := Verdict{NodesReady: facts.NodesReady}
	if sign, ok := replicaFailureSign(facts.ReplicaFailure); ok {
		verdict.Signs = append(verdict.Signs, sign)
	}
	for _, pod := range facts.Pods {
		if pod.Deleting {
			continue
		}
		verdict.Pods++
		verdict.Signs = append(verdict.Signs, podSigns(pod)...)
		if pod.Failed && !outgrewItself(pod) {
			continue // the node ended its containers
		}
		verdict.Restarts = max(verdict.Restarts, restarts(pod))
		verdict.LastEnd = later(verdict.LastEnd, lastEnd(pod))
		if lostReadiness(pod, facts.CompletedAt) {
			verdict.Lost++
		}
	}
	slices.SortStableFunc(verdict.Signs, func(a, b Sign) int {
		return cmp.Or(
			cmp.Compare(rank[a.Class], rank[b.Class]),
			strings.Compare(a.Pod, b.Pod),
		)
	})
	if len(verdict.Signs) > 0 {
		verdict.Class = verdict.Signs[0].Class
		verdict.Affected = affected(verdict.Signs, verdict.Class)
	}
	return verdict
}

func podSigns(pod Pod) []Sign {
	// A pod as a whole fails by its node's doing (evicted, refused, shut down):
	// how its containers ended then tells nothing of the Release. Only when it
	// was evicted for what it used itself, it does.
	switch {
	case outgrewItself(pod):
		return []Sign{evictionSign(pod)}
	case pod.Failed:
		return infrastructureSigns(pod)
	}
	for _, signsOf := range classify {
		if signs := signsOf(pod); len(signs) > 0 {
			return signs
		}
	}
	return nil
}

// affected counts the pods that show a class. A failure to make pods at all
// counts as none.
func affected(signs []Sign, class Class) int {
	pods := map[string]bool{}
	for _, sign := range signs {
		if sign.Class == class && sign.Pod != "" {
			pods[sign.Pod] = true
		}
	}
	return len(pods)
}

// restarts is how often a container was started again. The kubelet counts starts
// that fail, too; those are no crashes.
func restarts(pod Pod) int32 {
	var most int32
	for _, container := range pod.Containers {
		if failedStart(container) == nil {
			most = max(most, container.Restarts)
		}
	}
	return most
}

func lastEnd(pod Pod) time.Time {
	var last time.Time
	if pod.Failed {
		last = pod.Turned // its containers may not have an end of their own
	}
	for _, container := range pod.Containers {
		for _, end := range []*Termination{container.Ended, container.LastEnded} {
			if end != nil {
				last = later(last, end.At)
			}
		}
	}
	return last
}

// lostReadiness tells whether a pod that was ready when the rollout was
// complete is not ready now. A pod whose node went away is not to blame. What is
// known of a pod can be older than what is known of the rollout: a pod counts
// only if it stopped being ready after the rollout was complete.
func lostReadiness(pod Pod, completed time.Time) bool {
	return !completed.IsZero() && pod.Created.Before(completed) && pod.Turned.After(completed) && !pod.Ready && !pod.NodeLost
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// clip cuts a foreign message at a rune boundary.
func clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	cut := maxMessage
	for cut > 0 && !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut]
}
