package health

import "strings"

// infrastructureSigns finds pods that the cluster cannot run now, through no
// fault of theirs: no node has room, the node went away, the registry does not
// answer.
func infrastructureSigns(pod Pod) []Sign {
	switch {
	case pod.NodeLost:
		return []Sign{podSign(Infrastructure, pod, "NodeNotReady", "node "+pod.NodeName+" is not ready")}
	case pod.Failed:
		return []Sign{podSign(Infrastructure, pod, orElse(pod.Reason, "PodFailed"), pod.Message)}
	case pod.Unschedulable != "":
		return []Sign{podSign(Infrastructure, pod, "Unschedulable", pod.Unschedulable)}
	}
	var signs []Sign
	for _, containers := range [][]Container{pod.Init, pod.Containers} {
		for _, container := range containers {
			if isPullFailure(container.Waiting) {
				signs = append(signs, waitingSign(Infrastructure, pod, container))
			}
		}
	}
	return signs
}

// replicaFailureSign reads why no pod could be made. A quota may be raised and
// a webhook may come back; any other refusal will be repeated for every pod.
func replicaFailureSign(message string) (Sign, bool) {
	if message == "" {
		return Sign{}, false
	}
	sign := Sign{Class: Terminal, Reason: "PodsRefused", Message: clip(message)}
	switch lower := strings.ToLower(message); {
	case strings.Contains(lower, "exceeded quota"):
		sign.Class, sign.Reason = Infrastructure, "QuotaExceeded"
	case strings.Contains(lower, "failed calling webhook"):
		sign.Class, sign.Reason = Infrastructure, "WebhookUnavailable"
	case !strings.Contains(lower, "forbidden") && !strings.Contains(lower, "denied") && !strings.Contains(lower, "invalid"):
		sign.Class, sign.Reason = Infrastructure, "PodsNotCreated"
	}
	return sign, true
}

func podSign(class Class, pod Pod, reason, message string) Sign {
	return Sign{Class: class, Pod: pod.Name, Reason: reason, Message: clip(message)}
}

func orElse(s, alternative string) string {
	if s == "" {
		return alternative
	}
	return s
}
