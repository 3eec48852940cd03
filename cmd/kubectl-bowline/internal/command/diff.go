package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/delta"
	"github.com/bowline-dev/bowline/internal/release"
)

func (p *plugin) diff() *cobra.Command {
	var output format
	cmd := &cobra.Command{
		Use:   "diff APP [RELEASE [RELEASE]]",
		Short: "Show what changed between two Releases",
		Long: `Show what changed between two Releases: the image, fields, and what configuration
held. Of a Secret only the names of its keys are shown, and which of them changed.

A Release is named by its number or its name. Left out, the last healthy Release is
compared with the newest; with one, that one with the newest. When the spec of the App
says something else than the newest Release, that is shown too.`,
		Example: examples(`
			# What did the change that failed consist of?
			kubectl bowline diff shop

			# Between two Releases
			kubectl bowline diff shop 3 5`),
		Args: appAnd(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.compare(cmd.Context(), args[0], args[1:], output)
		},
		ValidArgsFunction: p.completeApps(p.completeNumbers, p.completeNumbers),
	}
	addOutput(cmd, &output, asJSON, asYAML)
	return cmd
}

// difference is what changed from one thing to another.
type difference struct {
	From    string         `json:"from"`
	To      string         `json:"to"`
	Cause   string         `json:"cause,omitempty"`
	Changes []delta.Change `json:"changes"`
}

func (p *plugin) compare(ctx context.Context, name string, chosen []string, output format) error {
	c, v, err := p.readAll(ctx, name)
	if err != nil {
		return err
	}
	app, releases := v.App, v.Releases
	from, to, err := pair(app, releases, chosen)
	if err != nil {
		return err
	}
	var out []difference
	if from != nil {
		d, err := between(from, to, &contents{ctx, c, app.Namespace})
		if err != nil {
			return err
		}
		out = append(out, d)
	}
	if newest := &releases[len(releases)-1]; len(chosen) == 0 {
		changes, err := delta.Fields(delta.OfRelease(newest), delta.OfSpec(app))
		if err != nil {
			return err
		}
		if len(changes) > 0 {
			out = append(out, difference{From: newest.Name, To: "the spec", Changes: changes})
		}
	}
	return p.tellDifferences(out, to, output)
}

func between(from, to *v1alpha1.Release, reader delta.Reader) (difference, error) {
	d := difference{From: from.Name, To: to.Name, Cause: to.Spec.Cause}
	changes, err := delta.Fields(delta.OfRelease(from), delta.OfRelease(to))
	if err != nil {
		return d, err
	}
	d.Changes = append([]delta.Change{}, changes...) // none is an empty list
	if !from.Spec.KnowsWorkload() || !to.Spec.KnowsWorkload() {
		return d, nil
	}
	sources, err := delta.Sources(from.Name, to.Name, delta.SourcesOf(from), delta.SourcesOf(to), reader)
	d.Changes = append(d.Changes, sources...)
	return d, err
}

// pair chooses what is compared. The first is nil where there is only one.
func pair(app *v1alpha1.App, releases []v1alpha1.Release, chosen []string) (from, to *v1alpha1.Release, err error) {
	if len(releases) == 0 {
		return nil, nil, fmt.Errorf("App %q has no Releases yet; `kubectl bowline explain %s` tells what it waits for", app.Name, app.Name)
	}
	to = &releases[len(releases)-1]
	switch len(chosen) {
	case 0:
		return before(app, releases), to, nil
	case 2:
		if to, err = find(app.Name, releases, chosen[1]); err != nil {
			return nil, nil, err
		}
	}
	from, err = find(app.Name, releases, chosen[0])
	return from, to, err
}

// before is the Release that the newest is held against: the last healthy one,
// else, when that is the newest itself, the healthy one before it, else the one
// before it.
func before(app *v1alpha1.App, releases []v1alpha1.Release) *v1alpha1.Release {
	older := releases[:len(releases)-1]
	for i := len(older) - 1; i >= 0; i-- {
		if older[i].Name == app.Status.Release.LastHealthy || healthOf(&older[i]) == v1alpha1.ReasonHealthy {
			return &older[i]
		}
	}
	if len(older) > 0 {
		return &older[len(older)-1]
	}
	return nil
}

// find finds a Release by its number or its name.
func find(app string, releases []v1alpha1.Release, named string) (*v1alpha1.Release, error) {
	number, err := strconv.ParseInt(named, 10, 64)
	if err != nil {
		number, _ = release.Number(app, named)
	}
	var known []string
	for i := range releases {
		if releases[i].Spec.Number == number {
			return &releases[i], nil
		}
		known = append(known, strconv.FormatInt(releases[i].Spec.Number, 10))
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("App %q has no Releases yet", app)
	}
	return nil, fmt.Errorf("App %q has no Release %q: there are %s", app, named, strings.Join(known, ", "))
}

func (p *plugin) tellDifferences(out []difference, to *v1alpha1.Release, output format) error {
	if output != text {
		return write(p.Out, output, map[string]any{"differences": append([]difference{}, out...)})
	}
	for i, d := range out {
		if i > 0 {
			fmt.Fprintln(p.Out)
		}
		title := d.From + " → " + d.To
		if d.Cause != "" {
			title += "  (cause: " + d.Cause + ")"
		}
		fmt.Fprintln(p.Out, p.paint.Bold(title))
		if len(d.Changes) == 0 {
			fmt.Fprintln(p.Out, "  the same inputs")
			continue
		}
		fmt.Fprint(p.Out, delta.Text(d.Changes, p.paint))
	}
	if len(out) == 0 {
		fmt.Fprintf(p.Out, "%s is the only Release, and the spec says the same.\n", to.Name)
	}
	return nil
}

// contents reads copies.
type contents struct {
	ctx       context.Context //nolint:containedctx // it reads for one command
	client    client.Reader
	namespace string
}

// ConfigMap returns the entries of a copy, or that it is gone.
func (c *contents) ConfigMap(name string) (map[string][]byte, bool, error) {
	object := &corev1.ConfigMap{}
	err := c.client.Get(c.ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, object)
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read ConfigMap %q: %w", name, err)
	}
	out := map[string][]byte{}
	for key, value := range object.Data {
		out[key] = []byte(value)
	}
	for key, value := range object.BinaryData {
		out[key] = value
	}
	return out, true, nil
}

// SecretKeys returns what became of each entry, and keeps the values to itself.
func (c *contents) SecretKeys(a, b string) (map[string]string, string, error) {
	before, why, err := c.secret(a)
	if why != "" || err != nil {
		return nil, why, err
	}
	after, why, err := c.secret(b)
	if why != "" || err != nil {
		return nil, why, err
	}
	return delta.CompareKeys(before, after), "", nil
}

func (c *contents) secret(name string) (map[string][]byte, string, error) {
	object := &corev1.Secret{}
	err := c.client.Get(c.ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, object)
	switch {
	case apierrors.IsNotFound(err):
		return nil, "a copy of its content is gone: copies of Secrets stay only as long as a Release may need them", nil
	case apierrors.IsForbidden(err):
		return nil, "you may not read Secrets, so its keys are not known", nil
	case err != nil:
		return nil, "", errors.New("read Secret " + strconv.Quote(name) + ": " + string(apierrors.ReasonForError(err)))
	}
	return object.Data, "", nil
}
