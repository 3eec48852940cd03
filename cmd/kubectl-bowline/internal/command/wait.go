package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/outcome"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
	"github.com/bowline-dev/bowline/internal/release"
)

func (p *plugin) wait() *cobra.Command {
	wanted, timeout := "healthy", 5*time.Minute
	cmd := &cobra.Command{
		Use:   "wait APP [--for=healthy|available|rolled-back|release=N]",
		Short: "Wait until something holds of an App",
		Long: `Wait until something holds of an App, whatever happens meanwhile:

  healthy      the newest spec is out and has proved healthy
  available    users are served, by whichever Release
  rolled-back  the newest change failed and the last healthy Release serves again
  release=N    Release N has proved healthy; exit code 1 if it failed or was overtaken

status ends as soon as a rollout has failed; wait goes on, for a fix may come.`,
		Example: examples(`
			# After a change of a ConfigMap that the App uses
			kubectl bowline wait shop --for=release=8 --timeout 5m`),
		Args: oneApp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return fmt.Errorf("--timeout %s is negative: 0 waits without an end", timeout)
			}
			return p.waitFor(cmd.Context(), args[0], wanted, timeout)
		},
		ValidArgsFunction: p.completeApps(),
	}
	cmd.Flags().StringVar(&wanted, "for", wanted, "what to wait for: healthy, available, rolled-back or release=N")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "how long to wait; 0 waits without an end")
	_ = cmd.RegisterFlagCompletionFunc("for", func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		prefix := releaseEquals
		if number, ok := strings.CutPrefix(begun, prefix); ok {
			numbers, directive := p.completeNumbers(cmd, args, number)
			for i := range numbers {
				numbers[i] = prefix + numbers[i]
			}
			return numbers, directive
		}
		return []string{"healthy", "available", "rolled-back", prefix}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	return cmd
}

const releaseEquals = "release="

// test tells whether what is waited for holds, and says how it is now.
type test func(*view.View) (holds bool, now string, err error)

// testFor is what can be waited for.
func testFor(wanted string) (test, error) {
	if named, ok := strings.CutPrefix(wanted, releaseEquals); ok {
		return releaseTest(named), nil
	}
	switch wanted {
	case "healthy":
		return func(v *view.View) (bool, string, error) {
			now := outcome.Of(v)
			return now.Verdict == outcome.Healthy, now.Line(), nil
		}, nil
	case "available":
		return func(v *view.View) (bool, string, error) {
			c := meta.FindStatusCondition(v.App.Status.Conditions, v1alpha1.ConditionAvailable)
			if c == nil {
				return false, "the operator has not looked at the App yet", nil
			}
			return c.Status == metav1.ConditionTrue, c.Reason + ": " + c.Message, nil
		}, nil
	case "rolled-back":
		return func(v *view.View) (bool, string, error) {
			now := outcome.Of(v)
			return now.Verdict == outcome.Failed && now.Reason == v1alpha1.ReasonRolledBack, now.Line(), nil
		}, nil
	}
	return nil, fmt.Errorf("--for=%s: it is one of healthy, available, rolled-back, release=N", wanted)
}

// releaseTest waits for the verdict on a Release, which need not be there yet.
func releaseTest(named string) test {
	return func(v *view.View) (bool, string, error) {
		number, err := strconv.ParseInt(named, 10, 64)
		if err != nil {
			number, _ = release.Number(v.App.Name, named)
		}
		if number < 1 {
			return false, "", fmt.Errorf("--for=release=%s: name a Release by its number, such as release=3", named)
		}
		for i := range v.Releases {
			if v.Releases[i].Spec.Number != number {
				continue
			}
			c := meta.FindStatusCondition(v.Releases[i].Status.Conditions, v1alpha1.ConditionHealthy)
			switch {
			case c != nil && c.Status == metav1.ConditionTrue:
				return true, c.Message, nil
			case c != nil && c.Status == metav1.ConditionFalse:
				return false, "", &exitError{code: ExitFailed, message: fmt.Sprintf("Release %q failed (%s): %s", v.Releases[i].Name, c.Reason, c.Message)}
			case !v.Releases[i].Status.SupersededTime.IsZero():
				return false, "", &exitError{code: ExitFailed, message: fmt.Sprintf("Release %q was given up before it proved healthy: the App went back to earlier inputs", v.Releases[i].Name)}
			case i < len(v.Releases)-1 && v.App.Status.Release.Desired != v.Releases[i].Name:
				return false, "", &exitError{code: ExitFailed, message: fmt.Sprintf("Release %q was overtaken by %q before it proved healthy", v.Releases[i].Name, v.Releases[len(v.Releases)-1].Name)}
			}
			return false, v.Releases[i].Name + " has not proved healthy yet", nil
		}
		return false, "there is no " + release.Name(v.App.Name, number) + " yet", nil
	}
}

func (p *plugin) waitFor(ctx context.Context, name, wanted string, timeout time.Duration) error {
	holds, err := testFor(wanted)
	if err != nil {
		return err
	}
	c, key, err := p.app(name)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, timeout)
	defer cancel()
	now := "it could not be read"
	err = view.Follow(ctx, c, key, 0, func(v *view.View) (bool, error) {
		done, said, err := holds(v)
		now = said
		return done, err
	})
	if errors.Is(err, errTimeout) {
		return timedOut("App %q: %s does not hold after %s: %s", key.Name, wanted, timeout, now)
	}
	if err == nil {
		fmt.Fprintf(p.Out, "app.bowline.dev/%s: %s\n", key.Name, wanted)
	}
	return err
}
