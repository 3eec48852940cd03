package controlplane

import "testing"

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		change func(*Options)
		want   string
	}{
		"defaults":        {change: nil, want: ""},
		"no nodes":        {change: func(o *Options) { o.Nodes = 0 }, want: ""},
		"negative nodes":  {change: func(o *Options) { o.Nodes = -1 }, want: "-1 nodes: choose 0 to 5000"},
		"too many":        {change: func(o *Options) { o.RealNodes = 21 }, want: "21 real nodes: choose 1 to 20"},
		"not a network":   {change: func(o *Options) { o.ServiceRange = "10.96" }, want: `service range "10.96": want a network such as 10.96.0.0/16`},
		"a large network": {change: func(o *Options) { o.ServiceRange = "10.0.0.0/8" }, want: `service range "10.0.0.0/8": want IPv4 between /12 and /28`},
		"IPv6":            {change: func(o *Options) { o.ServiceRange = "fd00::/112" }, want: `service range "fd00::/112": want IPv4 between /12 and /28`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := testPlan(test.change).options.validate(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
