package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/manifest"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/offline"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/schema"
)

func (p *plugin) lint() *cobra.Command {
	var files []string
	var output format
	cmd := &cobra.Command{
		Use:   "lint -f FILE",
		Short: "Check manifests of Apps without a cluster",
		Long: `Check manifests without a cluster: in the words of the API server, by its own packages
(fields, bounds, rules), and then as the operator does (podTemplate, paths that collide,
keys of ConfigMaps and Secrets that stand in the same files).

What an App refers to and the files do not hold is not held against it. Objects that
are not of bowline.dev are passed over, and so is, in folders and among several files,
what has neither apiVersion nor kind.

Exit codes: 0 no problems, 1 problems, 3 a file cannot be read.`,
		Example: examples(`
			kubectl bowline lint -f shop.yaml

			# A folder, and what kustomize makes
			kubectl bowline lint -f deploy/
			kubectl kustomize overlays/prod | kubectl bowline lint -f -`),
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.check(cmd, files, output) },
		ValidArgsFunction: nothing,
	}
	addFiles(cmd, &files)
	addOutput(cmd, &output, asJSON, asYAML)
	return cmd
}

// finding is a problem and where it stands.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name,omitempty"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"` // with the field, as the API server says it
}

func (p *plugin) check(cmd *cobra.Command, files []string, output format) error {
	objects, given, err := p.readManifests(cmd, files, isOurs)
	if broken, ok := syntaxProblem(err); ok {
		return p.tellFindings([]finding{broken}, 0, output)
	}
	if err != nil {
		return err
	}
	schemas, err := schema.Load()
	if err != nil {
		return fmt.Errorf("read the schemas of this program: %w", err)
	}
	found, checked := findings(cmd.Context(), schemas, objects, given)
	return p.tellFindings(found, checked, output)
}

// syntaxProblem is a file that is no manifest, as a problem of it.
func syntaxProblem(err error) (finding, bool) {
	var broken *manifest.SyntaxError
	if !errors.As(err, &broken) {
		return finding{}, false
	}
	return finding{File: broken.File, Line: broken.Line, Message: broken.Err.Error()}, true
}

// findings are all problems, and how many objects were looked at.
func findings(ctx context.Context, schemas *schema.Schemas, objects []*manifest.Object, given []*offline.Given) ([]finding, int) {
	var out []finding
	checked := 0
	before := map[string]*unstructured.Unstructured{}
	for _, o := range objects {
		if !isOurs(o) {
			continue
		}
		checked++
		// An object that stands twice is applied twice.
		id := strings.Join([]string{o.GetKind(), o.GetNamespace(), o.GetName()}, "/")
		problems := schemas.Check(ctx, o.Unstructured, before[id])
		before[id] = o.Unstructured
		if len(problems) == 0 && isApp(o) {
			problems = operatorProblems(ctx, o, given)
		}
		for _, problem := range problems {
			field := cmp.Or(problem.Field, fieldIn(problem.Message))
			out = append(out, finding{File: o.File, Line: o.Line(field), Kind: o.GetKind(), Name: o.GetName(), Field: field, Message: problem.String()})
		}
	}
	return out, checked
}

// operatorProblems are what the operator refuses though the API server does not.
func operatorProblems(ctx context.Context, o *manifest.Object, given []*offline.Given) []schema.Problem {
	app, err := offline.AppOf(o.Object)
	if err == nil {
		err = offline.Check(ctx, app, given)
	}
	if err != nil {
		return []schema.Problem{{Message: err.Error()}}
	}
	return nil
}

// fieldIn finds the field that a message begins with or quotes, such as
// spec.podTemplate.spec.volumes[0].name, or the annotation it begins with.
func fieldIn(message string) string {
	if rest, ok := strings.CutPrefix(message, "annotation "); ok {
		name, _, _ := strings.Cut(rest, ":")
		return "metadata.annotations[" + name + "]"
	}
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return r == ' ' || r == '"' || r == ',' }) {
		word = strings.TrimSuffix(word, ":")
		if strings.HasPrefix(word, "spec.") || strings.HasPrefix(word, "metadata.") {
			return word
		}
	}
	return ""
}

func (p *plugin) tellFindings(found []finding, checked int, output format) error {
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	if output != text {
		if err := write(p.Out, output, map[string]any{"problems": append([]finding{}, found...), "checked": checked}); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			fmt.Fprintf(p.Out, "%s:%d: %s\n", f.File, f.Line, p.paint.Removed(f.Message))
		}
		fmt.Fprintln(p.ErrOut, summary(len(found), checked))
	}
	if len(found) > 0 {
		return ended(ExitFailed)
	}
	return nil
}

func summary(problems, checked int) string {
	if problems == 0 {
		return fmt.Sprintf("%s checked, no problems", count(checked, "object"))
	}
	return fmt.Sprintf("%s checked, %s", count(checked, "object"), count(problems, "problem"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
