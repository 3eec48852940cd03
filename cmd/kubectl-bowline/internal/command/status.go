package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/outcome"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

var errTimeout = errors.New("timeout")

func (p *plugin) status() *cobra.Command {
	var output format
	var timeout time.Duration
	watch := true
	cmd := &cobra.Command{
		Use:   "status APP",
		Short: "Wait for the end of a rollout, and tell by the exit code how it ended",
		Long: `Wait until the newest spec of an App is out and healthy, or has failed.

It waits for the operator to have seen the newest spec and the newest annotations, so
that it is right after kubectl apply. A change of a ConfigMap or Secret that the App
uses cannot be seen in the App: wait for the Release it makes with
kubectl bowline wait APP --for=release=N.

` + exitCodesText,
		Example: examples(`
			# In a pipeline
			kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 10m

			# How is it now?
			kubectl bowline status shop --watch=false`),
		Args: oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return fmt.Errorf("--timeout %s is negative: 0 waits without an end", timeout)
			}
			return p.follow(cmd.Context(), args[0], output, timeout, watch)
		},
		ValidArgsFunction: p.completeApps(),
	}
	addOutput(cmd, &output, asJSON, asYAML)
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how long to wait, such as 10m; 0 waits without an end")
	cmd.Flags().BoolVarP(&watch, "watch", "w", true, "wait for the end; false tells how it is now")
	return cmd
}

// verdict is a status as data.
type verdict struct {
	App     string `json:"app"`
	Verdict string `json:"verdict"` // Healthy, Failed or Pending
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Desired string `json:"desired,omitempty"`
	Running string `json:"running,omitempty"`
}

func (p *plugin) follow(ctx context.Context, name string, output format, timeout time.Duration, watch bool) error {
	c, key, err := p.app(name)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, timeout)
	defer cancel()
	var last *view.View
	if watch {
		progress := progress{p: p, name: key.Name, quiet: output != text}
		err = view.Follow(ctx, c, key, 0, func(v *view.View) (bool, error) {
			last = v
			now := outcome.Of(v)
			if now.Verdict != outcome.Pending {
				return true, nil
			}
			progress.tell(now)
			return false, nil
		})
	} else {
		last, err = view.Read(ctx, c, key)
	}
	switch {
	case errors.Is(err, errTimeout) && last == nil:
		return timedOut("App %q could not be read within %s", key.Name, timeout)
	case errors.Is(err, errTimeout):
		if output != text {
			if err := p.tellVerdict(last, output); err != nil {
				return err
			}
		}
		return timedOut("App %q is not there yet after %s: %s", key.Name, timeout, outcome.Of(last).Line())
	case err != nil:
		return err
	}
	if err := p.tellVerdict(last, output); err != nil {
		return err
	}
	switch outcome.Of(last).Verdict {
	case outcome.Failed:
		return ended(ExitFailed)
	case outcome.Pending:
		return ended(ExitTimeout) // it was given none
	case outcome.Healthy:
	}
	return nil
}

func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, timeout, errTimeout)
}

// progress tells each step once.
type progress struct {
	p     *plugin
	name  string
	quiet bool
	told  string
}

func (p *progress) tell(now outcome.Outcome) {
	if line := now.Line(); !p.quiet && line != p.told {
		p.told = line
		fmt.Fprintf(p.p.Out, "%s %s\n", p.p.paint.Marked(screen.Moving, screen.Moving.Symbol()), line)
	}
}

// tellVerdict tells how a rollout ended.
func (p *plugin) tellVerdict(v *view.View, output format) error {
	now := outcome.Of(v)
	if output != text {
		return write(p.Out, output, verdict{
			App: v.App.Name, Verdict: now.Verdict.String(), Reason: now.Reason, Message: now.Message,
			Desired: v.App.Status.Release.Desired, Running: v.App.Status.Release.Running,
		})
	}
	mark := [...]screen.Mark{outcome.Pending: screen.Moving, outcome.Healthy: screen.Good, outcome.Failed: screen.Bad}[now.Verdict]
	fmt.Fprintf(p.Out, "%s %s\n", p.paint.Marked(mark, mark.Symbol()), now.Line())
	if now.Verdict == outcome.Failed {
		fmt.Fprintf(p.Out, "  See why, and what to do: kubectl bowline explain %s\n", v.App.Name)
	}
	return nil
}
