package health

import "strings"

func isPullFailure(reason string) bool {
	switch reason {
	case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable":
		return true
	}
	return false
}

// transientPulls are what container runtimes and registries say when a later
// pull of the same image may succeed. Everything else (not found, denied,
// unauthorized, no match for platform) is an answer that will not change.
var transientPulls = []string{
	"500 internal server error",
	"502 bad gateway",
	"503 service unavailable",
	"504 gateway timeout",
	"429 too many requests",
	"toomanyrequests",
	"unexpected status code 5",
	"unexpected status from get request: 5",
	"unexpected status from head request: 5",
	"i/o timeout",
	"tls handshake timeout",
	"client.timeout exceeded",
	"context deadline exceeded",
	"connection refused",
	"connection reset",
	"network is unreachable",
	"no route to host",
	"no such host",
	"server misbehaving",
	"temporary failure in name resolution",
	"unexpected eof",
	"registryunavailable",
	"pull qps exceeded",
	"no space left on device",
}

// isTransientPull reads the message of a failed pull. The kubelet repeats the
// runtime's message while it backs off, so the message is the same for
// ErrImagePull and ImagePullBackOff.
func isTransientPull(message string) bool {
	message = strings.ToLower(message)
	for _, sign := range transientPulls {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}
