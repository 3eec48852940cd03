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
