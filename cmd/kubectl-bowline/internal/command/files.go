package command

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/manifest"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/offline"
)

// addFiles adds --filename.
func addFiles(cmd *cobra.Command, into *[]string) {
	cmd.Flags().StringSliceVarP(into, "filename", "f", nil, "a file or folder with manifests, or - for standard input; may be given several times")
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
}

// isApp tells whether an object is of the kind App of bowline.dev, in whatever
// version.
func isApp(o *manifest.Object) bool {
	gvk := o.GroupVersionKind()
	return gvk.Group == v1alpha1.GroupVersion.Group && gvk.Kind == "App"
}

// isOurs tells whether an object is of any kind of bowline.dev.
func isOurs(o *manifest.Object) bool {
	return o.GroupVersionKind().Group == v1alpha1.GroupVersion.Group
}

// readManifests reads files in which something must be wanted.
func (p *plugin) readManifests(cmd *cobra.Command, files []string, wanted func(*manifest.Object) bool) ([]*manifest.Object, []*offline.Given, error) {
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("name files with -f, or - for standard input: %s -f app.yaml", cmd.CommandPath())
	}
	objects, err := manifest.Read(files, p.In)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(objects, wanted) {
		return nil, nil, errors.New("there is no App of bowline.dev in these files")
	}
	var given []*offline.Given
	for _, o := range objects {
		g, err := offline.Give(o.Unstructured)
		if err != nil {
			return nil, nil, &manifest.SyntaxError{File: o.File, Line: o.Line(""), Err: err}
		}
		given = append(given, g)
	}
	return objects, given, nil
}
