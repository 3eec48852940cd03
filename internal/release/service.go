package release

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Service is how others reach an App, by the well-known entries of the Service
// Binding Specification for Kubernetes.
type Service struct {
	Host string
	Port int32
	URI  string
}

// ServiceOf returns how others reach an App with the given ports, and false when
// none of them carries TCP. Of several ports it is the one named http, else the
// one named https, else the first.
func ServiceOf(app, namespace string, ports []v1alpha1.PortSpec) (Service, bool) {
	tcp := slices.DeleteFunc(slices.Clone(ports), func(p v1alpha1.PortSpec) bool { return cmp.Or(string(p.Protocol), "TCP") != "TCP" })
	if len(tcp) == 0 {
		return Service{}, false
	}
	chosen, scheme := tcp[0], "http"
	for _, name := range []string{"https", "http"} {
		if i := slices.IndexFunc(tcp, func(p v1alpha1.PortSpec) bool { return p.Name == name }); i >= 0 {
			chosen, scheme = tcp[i], name
		}
	}
	host := app + "." + namespace + ".svc"
	return Service{Host: host, Port: chosen.Port, URI: fmt.Sprintf("%s://%s:%d", scheme, host, chosen.Port)}, true
}

// Entries are what the Secret holds that names the Service.
func (s Service) Entries() map[string]string {
	return map[string]string{"type": "http", "provider": "bowline", "host": s.Host, "port": strconv.Itoa(int(s.Port)), "uri": s.URI}
}

// BindingName returns the name of the Secret with which others reach an App, ""
// when nobody can. It changes with the content and with nothing else.
func BindingName(app, namespace string, ports []v1alpha1.PortSpec) string {
	service, ok := ServiceOf(app, namespace, ports)
	if !ok {
		return ""
	}
	return app + "-binding-" + short(Digest(service.Entries(), nil))
}
