package release

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestServiceOf(t *testing.T) {
	port := func(name string, number int32) v1alpha1.PortSpec { return v1alpha1.PortSpec{Name: name, Port: number} }
	udp := v1alpha1.PortSpec{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}
	cases := map[string]struct {
		ports []v1alpha1.PortSpec
		want  Service
		none  bool
	}{
		"no ports":              {none: true},
		"no TCP":                {ports: []v1alpha1.PortSpec{udp}, none: true},
		"the first":             {ports: []v1alpha1.PortSpec{udp, port("api", 8080), port("admin", 9090)}, want: Service{"shop.acme.svc", 8080, "http://shop.acme.svc:8080"}},
		"the one named http":    {ports: []v1alpha1.PortSpec{port("api", 8080), port("https", 8443), port("http", 80)}, want: Service{"shop.acme.svc", 80, "http://shop.acme.svc:80"}},
		"else the one named so": {ports: []v1alpha1.PortSpec{port("api", 8080), port("https", 8443)}, want: Service{"shop.acme.svc", 8443, "https://shop.acme.svc:8443"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := ServiceOf("shop", "acme", c.ports)
			if diff := cmp.Diff(c.want, got); diff != "" || ok == c.none {
				t.Errorf("ServiceOf: %v, want -, got +:\n%s", ok, diff)
			}
		})
	}
}

func TestBindingNameChangesWithTheAddressAlone(t *testing.T) {
	ports := []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
	name := BindingName("shop", "acme", ports)
	if want := "shop-binding-a55c99a6"; name != want {
		t.Errorf("BindingName = %q, want %q", name, want)
	}
	if got := BindingName("shop", "acme", append(ports, v1alpha1.PortSpec{Name: "admin", Port: 9090})); got != name {
		t.Errorf("with a port that nobody is told of: %q, want %q", got, name)
	}
	if got := BindingName("shop", "acme", []v1alpha1.PortSpec{{Name: "http", Port: 9090}}); got == name {
		t.Error("the same name for another port")
	}
	if got := BindingName("shop", "acme", nil); got != "" {
		t.Errorf("without ports: %q", got)
	}
}
