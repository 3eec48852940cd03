package simulation

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/world"
)

// Step is something that happens in a scenario.
type Step struct {
	says string // in the transcript, nothing when empty
	do   func(Stage)
}

// On does the step on a stage.
func (s Step) On(stage Stage) { s.do(stage) }

// String is how the step is told of.
func (s Step) String() string { return s.says }

// Wait lets time pass.
func Wait(seconds int) Step {
	return Step{"", func(s Stage) { s.Wait(seconds) }}
}

// Option is a setting of a new App.
type Option func(*v1alpha1.App)

// Deadline sets progressDeadlineSeconds.
func Deadline(seconds int32) Option {
	return func(app *v1alpha1.App) { app.Spec.Rollout.ProgressDeadlineSeconds = seconds }
}

// Bake sets bakeSeconds.
func Bake(seconds int32) Option {
	return func(app *v1alpha1.App) { app.Spec.Rollout.BakeSeconds = &seconds }
}

// MaxRestarts sets maxRestarts.
func MaxRestarts(n int32) Option {
	return func(app *v1alpha1.App) { app.Spec.Rollout.MaxRestarts = &n }
}

// History sets historyLimit.
func History(limit int32) Option {
	return func(app *v1alpha1.App) { app.Spec.Rollout.HistoryLimit = limit }
}

// Surge sets maxSurge and maxUnavailable.
func Surge(surge, unavailable string) Option {
	return func(app *v1alpha1.App) {
		app.Spec.Rollout.MaxSurge = ptr.To(intstr.Parse(surge))
		app.Spec.Rollout.MaxUnavailable = ptr.To(intstr.Parse(unavailable))
	}
}

// Manual leaves a failed Release where it is.
func Manual(app *v1alpha1.App) { app.Spec.Rollout.Rollback = v1alpha1.RollbackManual }

// Create applies a new App.
func Create(image string, replicas int32, options ...Option) Step {
	return Step{fmt.Sprintf("you apply %s with %d replicas", image, replicas), func(s Stage) {
		app := newApp(image, options)
		app.Spec.Replicas = &replicas
		s.Create(app)
	}}
}

func newApp(image string, options []Option) *v1alpha1.App {
	app := &v1alpha1.App{}
	app.Name = "shop"
	app.Annotations = map[string]string{}
	app.Spec.Image = image
	app.Spec.Config.From = []v1alpha1.SourceSpec{{Name: "shared-settings", As: v1alpha1.SourceEnv}}
	for _, option := range options {
		option(app)
	}
	return app
}

// Autoscaled applies a new App with an autoscaler.
func Autoscaled(image string, least, most int32, options ...Option) Step {
	return Step{fmt.Sprintf("you apply %s, autoscaled from %d to %d", image, least, most), func(s Stage) {
		app := newApp(image, options)
		app.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: least, Max: most}
		s.Create(app)
	}}
}

// edit changes the App.
func edit(says string, change func(*v1alpha1.App)) Step {
	return Step{says, func(s Stage) { s.Change(change) }}
}

// SetImage changes the image.
func SetImage(image string) Step {
	return edit("you change the image to "+image, func(app *v1alpha1.App) { app.Spec.Image = image })
}

// SetConfig changes the configuration, to MODE=<mode>.
func SetConfig(mode string) Step {
	return edit("you change the configuration to MODE="+mode, func(app *v1alpha1.App) {
		app.Spec.Config.Data = map[string]v1alpha1.ConfigValue{"MODE": v1alpha1.ConfigValue(mode)}
	})
}

// Scale changes the number of replicas; an autoscaler is given up for it.
func Scale(replicas int32) Step {
	return edit(fmt.Sprintf("you scale to %d", replicas), func(app *v1alpha1.App) {
		app.Spec.Autoscale = v1alpha1.AutoscaleSpec{}
		app.Spec.Replicas = &replicas
	})
}

// Autoscale hands the number of replicas to an autoscaler.
func Autoscale(least, most int32) Step {
	return edit(fmt.Sprintf("you autoscale from %d to %d", least, most), func(app *v1alpha1.App) {
		app.Spec.Replicas = nil
		app.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: least, Max: most}
	})
}

// StopAutoscaling takes the number of replicas back, at the size the App has.
func StopAutoscaling() Step {
	return edit("you stop autoscaling", func(app *v1alpha1.App) { app.Spec.Autoscale = v1alpha1.AutoscaleSpec{} })
}

// Load makes the load ask for so many pods.
func Load(pods int32) Step {
	return Step{fmt.Sprintf("the load asks for %d pods", pods), func(s Stage) { s.Load(pods) }}
}

// Pause holds changes back.
func Pause() Step {
	return edit("you pause", func(app *v1alpha1.App) { app.Spec.Rollout.State = v1alpha1.RolloutPaused })
}

// Resume lets changes out again.
func Resume() Step {
	return edit("you resume", func(app *v1alpha1.App) { app.Spec.Rollout.State = v1alpha1.RolloutActive })
}

// PauseAside holds changes back and leaves the spec alone.
func PauseAside() Step {
	return annotate("you pause by the annotation", v1alpha1.AnnotationPaused, "true")
}

// ResumeAside ends that.
func ResumeAside() Step {
	return annotate("you remove the annotation that pauses", v1alpha1.AnnotationPaused, "")
}

// annotate sets an annotation, or removes it when the value is empty.
func annotate(says, key, value string) Step {
	return edit(says, func(app *v1alpha1.App) {
		if value == "" {
			delete(app.Annotations, key)
			return
		}
		app.Annotations[key] = value
	})
}

// Retry asks for another attempt.
func Retry(token string) Step {
	return annotate("you ask for a retry", v1alpha1.AnnotationRetry, token)
}

// Restart asks for new pods.
func Restart(token string) Step {
	return annotate("you ask for a restart", v1alpha1.AnnotationRestart, token)
}

// PinTo pins a Release.
func PinTo(number int64) Step {
	name := release.Name("shop", number)
	return annotate("you pin "+name, v1alpha1.AnnotationRollbackTo, name)
}

// Unpin removes the pin.
func Unpin() Step { return annotate("you remove the pin", v1alpha1.AnnotationRollbackTo, "") }

// Lose makes an input of the App go missing.
func Lose(input string) Step {
	return Step{input + " is deleted", func(s Stage) { s.Lose(input) }}
}

// Find makes the missing input come back.
func Find() Step {
	return Step{"what was missing is created", func(s Stage) { s.Find() }}
}

// Share changes the ConfigMap that the App shares with others, to
// COLOR=<color>.
func Share(color string) Step {
	return Step{"the ConfigMap shared-settings changes to COLOR=" + color, func(s Stage) { s.Share("COLOR=" + color) }}
}

// OthersGo lets other Apps take all turns to roll a shared change out.
func OthersGo() Step {
	return Step{"other Apps roll their shared changes out", func(s Stage) { s.Turn(false) }}
}

// TurnComes frees a turn.
func TurnComes() Step { return Step{"a turn is free", func(s Stage) { s.Turn(true) }} }

// Becomes decides what becomes of pods with an image or configuration.
func Becomes(imageOrConfig string, o world.Outcome) Step {
	return Step{fmt.Sprintf("from now on %s %s", imageOrConfig, o), func(s Stage) { s.Becomes(imageOrConfig, o) }}
}

// RegistryDown makes the registry answer with 503.
func RegistryDown() Step {
	return Step{"the registry goes down", func(s Stage) { s.Registry(false) }}
}

// RegistryUp makes the registry work again.
func RegistryUp() Step {
	return Step{"the registry is back", func(s Stage) { s.Registry(true) }}
}

// Nodes makes so many of the three nodes ready.
func Nodes(ready int) Step {
	return Step{fmt.Sprintf("%d of 3 nodes are ready", ready), func(s Stage) { s.Nodes(ready) }}
}

// Quota limits the pods of the namespace; a negative number lifts the limit.
func Quota(pods int) Step {
	says := fmt.Sprintf("a quota allows %d pods", pods)
	if pods < 0 {
		says = "the quota is lifted"
	}
	return Step{says, func(s Stage) { s.Quota(pods) }}
}

// Lag delays the Deployment's status by so many seconds.
func Lag(seconds int) Step {
	return Step{fmt.Sprintf("the Deployment's status is %d s late", seconds), func(s Stage) { s.Lag(seconds) }}
}

// Away takes the operator away for a while.
func Away(seconds int) Step {
	return Step{fmt.Sprintf("the operator is away for %d s", seconds), func(s Stage) { s.Away(seconds) }}
}
