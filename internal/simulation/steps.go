package simulation

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// Step is something that happens in a scenario.
type Step struct {
	says string // in the transcript, nothing when empty
	do   func(*Player)
}

// String is how the step is told of.
func (s Step) String() string { return s.says }

// Wait lets time pass.
func Wait(seconds int) Step {
	return Step{"", func(p *Player) {
		for range seconds {
			p.pass()
		}
	}}
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
	return Step{fmt.Sprintf("you apply %s with %d replicas", image, replicas), func(p *Player) {
		app := &v1alpha1.App{}
		app.Name = "shop"
		app.Annotations = map[string]string{}
		app.Spec.Image = image
		app.Spec.Replicas = &replicas
		for _, option := range options {
			option(app)
		}
		p.Cluster.App = app
		p.Cluster.changes++
	}}
}

// Autoscaled applies a new App with an autoscaler.
func Autoscaled(image string, least, most int32, options ...Option) Step {
	create := Create(image, 0, options...)
	return Step{fmt.Sprintf("you apply %s, autoscaled from %d to %d", image, least, most), func(p *Player) {
		create.do(p)
		Autoscale(least, most).do(p)
	}}
}

// edit changes the App.
func edit(says string, change func(*v1alpha1.App)) Step {
	return Step{says, func(p *Player) {
		change(p.Cluster.App)
		p.Cluster.changes++
	}}
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
	return Step{fmt.Sprintf("you scale to %d", replicas), func(p *Player) {
		StopAutoscaling().do(p)
		p.Cluster.App.Spec.Replicas = &replicas
	}}
}

// Autoscale hands the number of replicas to an autoscaler.
func Autoscale(least, most int32) Step {
	return Step{fmt.Sprintf("you autoscale from %d to %d", least, most), func(p *Player) {
		p.Cluster.App.Spec.Replicas = nil
		p.Cluster.App.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: least, Max: most}
		p.Cluster.World.Autoscale(least, most)
		p.Cluster.changes++
	}}
}

// StopAutoscaling takes the number of replicas back, at the size the App has.
func StopAutoscaling() Step {
	return Step{"you stop autoscaling", func(p *Player) {
		p.Cluster.App.Spec.Autoscale = v1alpha1.AutoscaleSpec{}
		p.Cluster.World.StopAutoscaling()
		p.Cluster.changes++
	}}
}

// Load makes the load ask for so many pods.
func Load(pods int32) Step {
	return Step{fmt.Sprintf("the load asks for %d pods", pods), func(p *Player) { p.Cluster.World.SetLoad(pods) }}
}

// Pause holds changes back.
func Pause() Step {
	return edit("you pause", func(app *v1alpha1.App) { app.Spec.Rollout.State = v1alpha1.RolloutPaused })
}

// Resume lets changes out again.
func Resume() Step {
	return edit("you resume", func(app *v1alpha1.App) { app.Spec.Rollout.State = v1alpha1.RolloutActive })
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
	return Step{input + " is deleted", func(p *Player) {
		p.Cluster.Held = &rollout.Held{Reason: v1alpha1.ReasonInputsMissing, Message: input + " does not exist: create it"}
		p.Cluster.changes++
	}}
}

// Find makes the missing input come back.
func Find() Step {
	return Step{"what was missing is created", func(p *Player) {
		p.Cluster.Held = nil
		p.Cluster.changes++
	}}
}

// Becomes decides what becomes of pods with an image or configuration.
func Becomes(imageOrConfig string, o world.Outcome) Step {
	return Step{fmt.Sprintf("from now on %s %s", imageOrConfig, o), func(p *Player) { p.Cluster.World.SetOutcome(imageOrConfig, o) }}
}

// RegistryDown makes the registry answer with 503.
func RegistryDown() Step {
	return Step{"the registry goes down", func(p *Player) { p.Cluster.World.SetRegistry(false) }}
}

// RegistryUp makes the registry work again.
func RegistryUp() Step {
	return Step{"the registry is back", func(p *Player) { p.Cluster.World.SetRegistry(true) }}
}

// Nodes makes so many of the three nodes ready.
func Nodes(ready int) Step {
	return Step{fmt.Sprintf("%d of 3 nodes are ready", ready), func(p *Player) { p.Cluster.World.SetNodes(ready) }}
}

// Quota limits the pods of the namespace; a negative number lifts the limit.
func Quota(pods int) Step {
	says := fmt.Sprintf("a quota allows %d pods", pods)
	if pods < 0 {
		says = "the quota is lifted"
	}
	return Step{says, func(p *Player) { p.Cluster.World.SetQuota(pods) }}
}

// Lag delays the Deployment's status by so many seconds.
func Lag(seconds int) Step {
	return Step{fmt.Sprintf("the Deployment's status is %d s late", seconds), func(p *Player) { p.Cluster.World.SetLag(seconds) }}
}

// Away takes the operator away for a while.
func Away(seconds int) Step {
	return Step{fmt.Sprintf("the operator is away for %d s", seconds), func(p *Player) {
		p.Operator.Restart()
		p.away = time.Duration(seconds) * time.Second
	}}
}
