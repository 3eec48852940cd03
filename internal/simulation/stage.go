package simulation

import (
	"fmt"
	"time"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// Stage is where a scenario is played: in the world, as a Player does, or on a
// real cluster.
type Stage interface {
	// Create applies a new App.
	Create(app *v1alpha1.App)
	// Change changes the App as a person does.
	Change(change func(*v1alpha1.App))
	// Wait lets time pass.
	Wait(seconds int)
	// Becomes decides what becomes of pods with an image or configuration.
	Becomes(imageOrConfig string, o world.Outcome)
	// Load makes the load ask for so many pods of an autoscaled App.
	Load(pods int32)
	// Lose makes an input go missing, Find makes it come back.
	Lose(input string)
	Find()
	// Share changes the ConfigMap that the App shares with others.
	Share(content string)
	// Turn lets other Apps take all turns to roll a shared change out, or frees
	// one for this App.
	Turn(free bool)
	// Registry lets the registry answer, or fail with status 503.
	Registry(up bool)
	// Nodes makes so many of three nodes ready.
	Nodes(ready int)
	// Quota limits the pods; a negative number lifts the limit.
	Quota(pods int)
	// Lag delays the Deployment's status by so many seconds.
	Lag(seconds int)
	// Away takes the operator away for a while.
	Away(seconds int)
}

var _ Stage = (*Player)(nil)

// Create implements Stage.
func (p *Player) Create(app *v1alpha1.App) {
	app.Spec.Secrets = []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{Name: stripe.name, As: v1alpha1.SourceEnv}}}
	p.Cluster.App = app
	p.changed()
}

// Change implements Stage.
func (p *Player) Change(change func(*v1alpha1.App)) {
	change(p.Cluster.App)
	p.changed()
}

// changed lets the world follow the App: it has the autoscaler that the App asks
// for, and the credentials for its configuration.
func (p *Player) changed() {
	p.autoscale()
	p.Cluster.sources[stripe] = p.Cluster.template(0).Config
	p.Cluster.asks()
}

// autoscale lets the world have the autoscaler that the App asks for.
func (p *Player) autoscale() {
	if scale := p.Cluster.App.Spec.Autoscale; scale.Enabled() {
		p.Cluster.World.Autoscale(scale.Min, scale.Max)
		return
	}
	p.Cluster.World.StopAutoscaling()
}

// Wait implements Stage.
func (p *Player) Wait(seconds int) {
	for range seconds {
		p.pass()
	}
}

// Becomes implements Stage.
func (p *Player) Becomes(imageOrConfig string, o world.Outcome) {
	p.Cluster.World.SetOutcome(imageOrConfig, o)
}

// Load implements Stage.
func (p *Player) Load(pods int32) { p.Cluster.World.SetLoad(pods) }

// Lose implements Stage.
func (p *Player) Lose(input string) {
	p.Cluster.Held = &rollout.Held{Reason: v1alpha1.ReasonInputsMissing, Message: fmt.Sprintf("%s does not exist: create it", input)}
	p.Cluster.asks()
}

// Find implements Stage.
func (p *Player) Find() {
	p.Cluster.Held = nil
	p.Cluster.asks()
}

// Share implements Stage.
func (p *Player) Share(content string) {
	p.Cluster.sources[settings] = content
	p.Cluster.asks()
}

// Turn implements Stage.
func (p *Player) Turn(free bool) {
	p.Cluster.turn = nil
	if !free {
		p.Cluster.turn = &rollout.Held{Reason: v1alpha1.ReasonWaitingForTurn, Message: "ConfigMap \"shared-settings\" changed, and it is the turn of others"}
	}
	p.Cluster.asks()
}

// Registry implements Stage.
func (p *Player) Registry(up bool) { p.Cluster.World.SetRegistry(up) }

// Nodes implements Stage.
func (p *Player) Nodes(ready int) { p.Cluster.World.SetNodes(ready) }

// Quota implements Stage.
func (p *Player) Quota(pods int) { p.Cluster.World.SetQuota(pods) }

// Lag implements Stage.
func (p *Player) Lag(seconds int) { p.Cluster.World.SetLag(seconds) }

// Away implements Stage.
func (p *Player) Away(seconds int) {
	p.Operator.Restart()
	p.away = time.Duration(seconds) * time.Second
}
