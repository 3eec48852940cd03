package health

import "strings"

const crashLoopBackOff = "CrashLoopBackOff"

// crashSigns finds containers that end though they should run: ended, waiting
// to be started again, or started again and not ready yet. An end with exit
// code 0 counts too: an App's container is meant to stay.
func crashSigns(pod Pod) []Sign {
	var signs []Sign
	for _, container := range pod.Containers {
		if end := crash(container); end != nil {
			signs = append(signs, endSign(Crash, pod, container, end))
		}
	}
	return signs
}

func crash(container Container) *Termination {
	switch {
	case failedStart(container) != nil:
		return nil // it did not run
	case container.Ended != nil:
		return container.Ended
	case container.LastEnded != nil && !container.Ready:
		return container.LastEnded
	case container.Waiting == crashLoopBackOff:
		return &Termination{Reason: crashLoopBackOff, Message: container.WaitingMessage}
	}
	return nil
}

// outgrewItself tells whether the kubelet ended a pod as a whole because it used
// more than it may by its own spec: a new pod would do the same. Any other end
// as a whole is the node's doing. The messages are those of the kubelet's
// pkg/kubelet/eviction: "Pod ephemeral local storage usage exceeds the total
// limit", "Container app exceeded its local ephemeral storage limit", "Usage of
// EmptyDir volume "cache" exceeds the limit"; under pressure of the node they
// begin with "The node".
func outgrewItself(pod Pod) bool {
	return pod.Failed && pod.Reason == "Evicted" && strings.Contains(pod.Message, "exceed") && !strings.HasPrefix(pod.Message, "The node")
}

// evictionSign is about the pod as a whole, at the time its containers ended.
func evictionSign(pod Pod) Sign {
	sign := podSign(Crash, pod, pod.Reason, pod.Message)
	sign.At = lastEnd(pod)
	return sign
}
