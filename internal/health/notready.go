package health

const (
	reasonNotReady   = "NotReady"
	reasonNotStarted = "NotStarted"
)

// notReadySigns finds pods with nothing worse to show than that they are not
// ready: a probe fails, or the containers are still being made.
func notReadySigns(pod Pod) []Sign {
	if pod.Ready {
		return nil
	}
	var signs []Sign
	for _, container := range pod.Containers {
		switch {
		case container.Ready:
		case container.Waiting != "":
			signs = append(signs, waitingSign(NotReady, pod, container))
		case !container.Started:
			signs = append(signs, containerSign(pod, container, reasonNotStarted, "the container has not started, or its startup probe has not succeeded"))
		default:
			signs = append(signs, containerSign(pod, container, reasonNotReady, "the container runs, and its readiness probe does not succeed"))
		}
	}
	if len(signs) == 0 {
		return []Sign{podSign(NotReady, pod, reasonNotReady, "the pod is not ready")}
	}
	return signs
}

func containerSign(pod Pod, container Container, reason, message string) Sign {
	return Sign{
		Class:     NotReady,
		Pod:       pod.Name,
		Container: container.Name,
		Reason:    reason,
		Message:   message,
		Restarts:  container.Restarts,
	}
}
