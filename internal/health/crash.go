package health

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
	case container.Ended != nil:
		return container.Ended
	case container.LastEnded != nil && !container.Ready:
		return container.LastEnded
	case container.Waiting == crashLoopBackOff:
		return &Termination{Reason: crashLoopBackOff, Message: container.WaitingMessage}
	}
	return nil
}
