package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// step is one thing that happens to the App.
type step struct {
	title   string
	happens string // in a sentence or two
	do      func(context.Context, *story) error
}

// story is what the steps share.
type story struct {
	*stage
	out  *printer
	tape *tape
	// manifest is the content of the last one that was applied.
	manifest string
	// before is what the namespace holds without the App, of all kinds, and
	// taped that of the kinds on the tape.
	before, taped []string
}

const (
	namespace = "default"
	appName   = "shop"
)

func newStory(st *stage, out *printer) *story {
	return &story{stage: st, out: out, tape: newTape()}
}

// play plays all steps, up to the first one that does not hold.
func play(ctx context.Context, s *story) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.tape.record(ctx, cancel, s.client); err != nil {
		return 0, err
	}
	s.taped = s.tape.there()
	var err error
	if s.before, err = s.everything(ctx); err != nil {
		return 0, whyEnded(ctx, err)
	}
	began := time.Now()
	for i, step := range steps() {
		s.out.title(i+1, step.title, step.happens)
		if err := step.do(ctx, s); err != nil {
			return 0, whyEnded(ctx, err)
		}
		if err := s.showApp(ctx); err != nil {
			return 0, whyEnded(ctx, err)
		}
	}
	return time.Since(began), nil
}

// whyEnded prefers the cause of a context's end to what it broke.
func whyEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// manifest returns the path of one of the story's manifests.
func manifest(name string) string { return "test/demo/manifests/" + name + ".yaml" }

// apply shows what is new in a manifest, and applies it.
func (s *story) apply(ctx context.Context, name string) error {
	content, err := os.ReadFile(manifest(name))
	if err != nil {
		return err
	}
	before := s.manifest
	s.manifest = string(content)
	if before == "" {
		s.out.output(s.manifest)
	} else {
		s.out.change(before, s.manifest)
	}
	_, err = s.kubectl(ctx, "apply", "-f", manifest(name))
	return err
}

// kubectl shows a command and runs it. Afterwards the tape shows what it did.
func (s *story) kubectl(ctx context.Context, args ...string) (string, error) {
	s.out.command(append([]string{"kubectl"}, args...)...)
	out, err := s.cluster.Kubectl(ctx, args...)
	if err != nil {
		return out, err
	}
	return out, s.tape.catchUp(ctx, s.client)
}

// show shows a command and what it prints.
func (s *story) show(ctx context.Context, args ...string) error {
	out, err := s.kubectl(ctx, args...)
	if err != nil {
		return err
	}
	s.out.output(out)
	return nil
}

// showApp shows what a person sees of the App.
func (s *story) showApp(ctx context.Context) error {
	const gone = `Error from server (NotFound): apps.bowline.dev "shop" not found`
	err := s.show(ctx, "get", "app", appName)
	if _, there := named[*v1alpha1.App](s.tape, appName); err == nil || there {
		return err
	}
	s.out.output(gone)
	return expectLike("the answer", "*"+gone+"*", err.Error())
}

// waitReady waits as a person or a pipeline does.
func (s *story) waitReady(ctx context.Context) error {
	_, err := s.kubectl(ctx, "wait", "--for=condition=Ready", "app/"+appName, "--timeout=60s")
	return err
}

// until waits for a fact on the tape, and then for what belongs to it.
func (s *story) until(ctx context.Context, within time.Duration, want string, fact func() (saw string, holds bool)) error {
	if err := s.tape.until(ctx, within, want, fact); err != nil {
		return err
	}
	return s.tape.catchUp(ctx, s.client)
}

// list reads from the API server, not from the tape.
func (s *story) list(ctx context.Context, list client.ObjectList) error {
	return s.client.List(ctx, list, client.InNamespace(namespace))
}

// unmet says what was expected and what was seen instead.
type unmet struct{ want, saw string }

func (u *unmet) Error() string {
	return "expected  " + u.want + "\nsaw       " + strings.ReplaceAll(u.saw, "\n", "\n          ")
}

// expect compares what was seen with what was expected.
func expect[T comparable](what string, want, saw T) error {
	if want == saw {
		return nil
	}
	return &unmet{want: fmt.Sprintf("%s: %v", what, want), saw: fmt.Sprint(saw)}
}

// expectLike compares a text with a pattern in which a "*" stands for anything.
func expectLike(what, want, saw string) error {
	if like(want, saw) {
		return nil
	}
	return &unmet{want: what + ": " + want, saw: saw}
}

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
