package command

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/offline"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/schema"
)

func (p *plugin) render() *cobra.Command {
	var files []string
	output := asYAML
	cmd := &cobra.Command{
		Use:   "render -f FILE",
		Short: "Write the objects that an App becomes, without a cluster",
		Long: `Write every object that the operator makes of an App when it is new: for review, and
for checks of policies in CI. No cluster is asked.

ConfigMaps, Secrets and services that the App refers to are taken from the same files.
What is not there, and what only a cluster knows (the UID of the App, hashes of Secrets,
which are keyed), has a placeholder in upper case, and a comment at the top names it.
Values of Secrets are written as ***.`,
		Example: examples(`
			kubectl bowline render -f shop.yaml -f settings.yaml

			# Which image and which security context will the pods have?
			kubectl bowline render -f shop.yaml -o json | jq '.items[] | select(.kind == "Deployment").spec.template.spec'`),
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.writeChildren(cmd, files, output) },
		ValidArgsFunction: nothing,
	}
	addFiles(cmd, &files)
	addOutput(cmd, &output, asYAML, asJSON)
	return cmd
}

func (p *plugin) writeChildren(cmd *cobra.Command, files []string, output format) error {
	objects, given, err := p.readManifests(cmd, files, isApp)
	if broken, ok := syntaxProblem(err); ok {
		p.Out = p.ErrOut // nothing that is piped on is taken for objects
		return p.tellFindings([]finding{broken}, 0, text)
	}
	if err != nil {
		return err
	}
	schemas, err := schema.Load()
	if err != nil {
		return fmt.Errorf("read the schemas of this program: %w", err)
	}
	if found, checked := findings(cmd.Context(), schemas, objects, given); len(found) > 0 {
		p.Out = p.ErrOut
		return p.tellFindings(found, checked, text)
	}
	namespace, err := p.namespace()
	if err != nil {
		return err
	}
	all, notes := []map[string]any{}, []string{}
	for _, o := range objects {
		if !isApp(o) {
			continue
		}
		app, err := offline.AppOf(o.Object)
		if err != nil {
			return err
		}
		app.Namespace = cmp.Or(app.Namespace, namespace)
		made, err := offline.Render(cmd.Context(), app, given)
		var refusal *offline.Refusal
		if errors.As(err, &refusal) {
			return &exitError{code: ExitFailed, message: fmt.Sprintf("%s:%d: %s", o.File, o.Line(fieldIn(refusal.Message)), refusal.Message)}
		}
		if err != nil {
			return err
		}
		all = append(all, made.Objects...)
		for _, note := range made.Notes {
			notes = append(notes, app.Name+": "+note)
		}
	}
	return p.writeObjects(all, notes, output)
}

func (p *plugin) writeObjects(all []map[string]any, notes []string, output format) error {
	if output == asJSON {
		for _, note := range notes {
			fmt.Fprintln(p.ErrOut, "note: "+note)
		}
		return write(p.Out, output, map[string]any{"apiVersion": "v1", "kind": "List", "items": all})
	}
	for _, note := range notes {
		fmt.Fprintln(p.Out, "# "+note)
	}
	for i, object := range all {
		if i > 0 || len(notes) > 0 {
			fmt.Fprintln(p.Out, "---")
		}
		content, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		fmt.Fprint(p.Out, string(content))
	}
	return nil
}
