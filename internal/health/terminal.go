package health

import "cmp"

// terminalWaits are the reasons for which a container waits that no waiting
// ends: the kubelet's own words (pkg/kubelet/images, pkg/kubelet/container).
// A failed pull is terminal only when the registry's answer says so, see
// image.go.
var terminalWaits = map[string]bool{
	"InvalidImageName":           true,
	"ErrImageNeverPull":          true,
	"ImageInspectError":          true,
	"SignatureValidationFailed":  true,
	"CreateContainerConfigError": true,
	"CreateContainerError":       true,
	"RunContainerError":          true,
}

// terminalSigns finds containers that cannot start and init containers that
// fail: they run before anything serves, with the same inputs every time.
func terminalSigns(pod Pod) []Sign {
	var signs []Sign
	for _, container := range pod.Init {
		if waitsForever(container) {
			signs = append(signs, waitingSign(Terminal, pod, container))
		} else if end := failedEnd(container); end != nil {
			signs = append(signs, endSign(Terminal, pod, container, end))
		}
	}
	for _, container := range pod.Containers {
		if waitsForever(container) {
			signs = append(signs, waitingSign(Terminal, pod, container))
		} else if end := failedStart(container); end != nil && !runs(container) {
			signs = append(signs, endSign(Terminal, pod, container, end))
		}
	}
	return signs
}

func waitsForever(container Container) bool {
	return terminalWaits[container.Waiting] ||
		isPullFailure(container.Waiting) && !isTransientPull(container.WaitingMessage)
}

// failedEnd returns how an init container last failed, nil when it did not, or
// did its work since. (A sidecar, which goes on after that, is no init container
// here.) While it runs once more, its failure still counts: else
// every new start would look like a recovery.
func failedEnd(container Container) *Termination {
	if end := newestEnd(container); end != nil && end.ExitCode != 0 {
		return end
	}
	return nil
}

// startError is containerd's word for the end of a container that it could not
// start: most often the command does not exist in the image. The kubelet waits
// for it with RunContainerError first, and from then on as if it had crashed.
const startError = "StartError"

// failedStart returns how the last start of a container failed that came to an
// end, nil when the container ran until then.
func failedStart(container Container) *Termination {
	if end := newestEnd(container); end != nil && end.Reason == startError {
		return end
	}
	return nil
}

// newestEnd is how a container ended last, nil when it never did.
func newestEnd(container Container) *Termination {
	return cmp.Or(container.Ended, container.LastEnded)
}

func runs(container Container) bool { return container.Waiting == "" && container.Ended == nil }

func waitingSign(class Class, pod Pod, container Container) Sign {
	return Sign{
		Class:     class,
		Pod:       pod.Name,
		Container: container.Name,
		Reason:    container.Waiting,
		Message:   clip(container.WaitingMessage),
		Restarts:  container.Restarts,
	}
}

func endSign(class Class, pod Pod, container Container, end *Termination) Sign {
	code := end.ExitCode
	return Sign{
		Class:     class,
		Pod:       pod.Name,
		Container: container.Name,
		Reason:    endReason(container, end),
		Message:   clip(end.Message),
		ExitCode:  &code,
		Restarts:  container.Restarts,
		At:        end.At,
	}
}

// endReason is the word people know the failure by: OOMKilled says more than
// CrashLoopBackOff, and CrashLoopBackOff more than Error.
func endReason(container Container, end *Termination) string {
	switch {
	case end.Reason != "" && end.Reason != "Error" && end.Reason != "Completed":
		return end.Reason
	case container.Waiting != "":
		return container.Waiting
	case end.Reason != "":
		return end.Reason
	}
	return "Error"
}
