package health

import "time"

// ProbeFailure is what a kubelet said of a probe that failed.
type ProbeFailure struct {
	Pod       string
	Container string
	Message   string // "Readiness probe failed: HTTP probe failed with statuscode: 503"
	At        time.Time
}

// PodsToAsk returns the first pods, at most most, that are not ready for a
// reason that no status tells.
func PodsToAsk(signs []Sign, most int) []string {
	var pods []string
	for _, sign := range signs {
		if len(pods) == most {
			break
		}
		if unexplained(sign) && (len(pods) == 0 || pods[len(pods)-1] != sign.Pod) {
			pods = append(pods, sign.Pod)
		}
	}
	return pods
}

// Explain returns the signs with what kubelets last said of the probes of
// containers that are not ready.
func Explain(signs []Sign, failures []ProbeFailure) []Sign {
	explained := make([]Sign, len(signs))
	copy(explained, signs)
	for i := range explained {
		sign := &explained[i]
		if !unexplained(*sign) {
			continue
		}
		var last ProbeFailure
		for _, failure := range failures {
			if failure.Pod == sign.Pod && failure.Container == sign.Container && !failure.At.Before(last.At) {
				last = failure
			}
		}
		if last.Message != "" {
			sign.Message, sign.At = clip(last.Message), last.At
		}
	}
	return explained
}

// unexplained tells that a container runs, and a probe of it fails in a way that
// the pod's status does not tell.
func unexplained(sign Sign) bool {
	return sign.Class == NotReady && (sign.Reason == reasonNotReady || sign.Reason == reasonNotStarted)
}
