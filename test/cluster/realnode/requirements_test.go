package realnode

import (
	"slices"
	"testing"
)

func TestCheckSaysWhatHelps(t *testing.T) {
	without := func(missing ...string) func(string) bool {
		return func(program string) bool { return !slices.Contains(missing, program) }
	}
	for name, test := range map[string]struct {
		system string
		user   int
		has    func(string) bool
		want   string
	}{
		"all is there":     {"linux", 0, without(), ""},
		"another system":   {"darwin", 0, without(), "real nodes need Linux, and this is darwin: use simulated nodes, for example --nodes=3"},
		"not root":         {"linux", 1000, without(), "real nodes need root: run it as root, or use simulated nodes, for example --nodes=3"},
		"programs missing": {"linux", 0, without("runc", "/usr/lib/cni/ptp", "ip"), "real nodes need programs that are not here: apt-get install --yes --no-install-recommends runc containernetworking-plugins iproute2"},
		"all missing": {
			"linux", 0, func(string) bool { return false },
			"real nodes need programs that are not here: apt-get install --yes --no-install-recommends runc containernetworking-plugins iptables conntrack ethtool socat iproute2 util-linux",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := check(test.system, test.user, test.has); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
