package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"
)

// deleted is step 9.
func deleted(ctx context.Context, s *story) error {
	if _, err := s.kubectl(ctx, "delete", "app", appName); err != nil {
		return err
	}
	kept := slices.Sorted(slices.Values(append(s.taped, "Secret payments")))
	err := s.until(ctx, 60*time.Second, "in the namespace only "+strings.Join(kept, ", "), func() (string, bool) {
		there := s.tape.there()
		return strings.Join(there, ", "), slices.Equal(there, kept)
	})
	if err != nil {
		return err
	}
	s.out.held("Deployment, pods, Service, PodDisruptionBudget, copies and Releases are gone")
	// The tape knows some kinds. This is every kind there is.
	after, err := s.everything(ctx)
	if err != nil {
		return err
	}
	want := slices.Sorted(slices.Values(append(slices.Clone(s.before), "secret/payments")))
	if err := expect("objects of all kinds in the namespace", strings.Join(want, "\n"), strings.Join(after, "\n")); err != nil {
		return err
	}
	s.out.held("of all kinds there are, the namespace holds what it held before the story, and the Secret payments")
	return s.noErrors()
}

// noErrors checks that the operator has logged no error in the whole story.
func (s *story) noErrors() error {
	log, err := os.ReadFile(s.logFile)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "\tERROR\t") || strings.HasPrefix(line, "panic: ") {
			return &unmet{want: "no error in the operator's log", saw: strings.TrimSpace(line)}
		}
	}
	s.out.held("the operator has logged no error in all of this")
	return nil
}

// everything returns all objects of the namespace, of whatever kind, events
// aside: those expire.
func (s *story) everything(ctx context.Context) ([]string, error) {
	kinds, err := s.cluster.Kubectl(ctx, "api-resources", "--namespaced", "--verbs=list", "-o", "name")
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(strings.Fields(kinds), func(kind string) bool { return strings.HasPrefix(kind, "events") })
	objects, err := s.cluster.Kubectl(ctx, "get", strings.Join(list, ","), "-n", namespace, "-o", "name")
	if err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(strings.Fields(objects))), nil
}
