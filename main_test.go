package main

import (
	"flag"
	"io"
	"testing"
)

func TestFlagsAreChecked(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"none":                            {nil, ""},
		"the most that is logged":         {[]string{"--zap-log-level=7"}, ""},
		"a level by its name":             {[]string{"--zap-log-level=debug"}, ""},
		"development":                     {[]string{"--zap-devel"}, ""},
		"more than may be logged":         {[]string{"--zap-log-level=8"}, "--zap-log-level: at most 7 is allowed: above it, what Secrets hold would be logged"},
		"everything":                      {[]string{"--zap-log-level=10"}, "--zap-log-level: at most 7 is allowed: above it, what Secrets hold would be logged"},
		"fewer than no shared rollouts":   {[]string{"--max-shared-rollouts=-1"}, "--max-shared-rollouts=-1: it is a number of Apps, or 0 for no limit"},
		"a webhook":                       {[]string{"--service-bindings", "--webhook-bind-address=:9443", "--webhook-url=https://127.0.0.1:9443"}, ""},
		"a webhook without its reason":    {[]string{"--webhook-bind-address=:9443"}, "--webhook-bind-address=:9443: the webhook binds what ServiceBindings mean, and is not served without --service-bindings"},
		"a webhook without a port":        {[]string{"--service-bindings", "--webhook-bind-address=localhost"}, "--webhook-bind-address=localhost: it is an address with a port, such as :9443, or 0 for none"},
		"a webhook with any port":         {[]string{"--service-bindings", "--webhook-bind-address=:0"}, "--webhook-bind-address=:0: it is an address with a port, such as :9443, or 0 for none"},
		"a Service without a namespace":   {[]string{"--service-bindings", "--webhook-bind-address=:9443", "--webhook-service=hook"}, "--webhook-service=hook: it is the Service's namespace and name, such as bowline-system/bowline-webhook"},
		"an address that is not secure":   {[]string{"--service-bindings", "--webhook-bind-address=:9443", "--webhook-url=http://127.0.0.1:9443"}, "--webhook-url=http://127.0.0.1:9443: it is an address of this operator that the API server reaches, such as https://10.0.0.1:9443"},
		"namespaces":                      {[]string{"--namespaces=a,b"}, ""},
		"a namespace that is none":        {[]string{"--namespaces=a, b"}, `--namespaces=a, b: " b" is no name of a namespace: separate names by commas alone`},
		"a namespace twice":               {[]string{"--namespaces=a,b,a"}, `--namespaces=a,b,a: "a" is there twice`},
		"bindings in some namespaces":     {[]string{"--namespaces=a", "--service-bindings"}, "--namespaces=a: not together with --service-bindings: ServiceBindings, their mappings and their webhook are the whole cluster's. Apps bind services without it"},
		"no limit of the shared rollouts": {[]string{"--max-shared-rollouts=0"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var o options
			flags := flag.NewFlagSet("bowline", flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			o.bind(flags)
			if err := flags.Parse(test.args); err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := o.validate(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
