package command

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

// FieldManager is under what name the plugin writes.
const FieldManager = "kubectl-bowline"

// completer is the name under which kubectl asks for completions.
const completer = "kubectl_complete-bowline"

// plugin is what all commands share.
type plugin struct {
	genericiooptions.IOStreams
	flags *genericclioptions.ConfigFlags
	paint screen.Paint
	now   func() time.Time
}

// Run runs the command line; its first word is the name of the program.
func Run(ctx context.Context, words []string, streams genericiooptions.IOStreams) error {
	root := newRoot(streams) //nolint:contextcheck // each command takes the context that it is executed with
	args := words[1:]
	if strings.TrimSuffix(filepath.Base(words[0]), ".exe") == completer {
		args = append([]string{cobra.ShellCompRequestCmd}, args...)
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

func newRoot(streams genericiooptions.IOStreams) *cobra.Command {
	p := &plugin{
		IOStreams: streams,
		flags:     genericclioptions.NewConfigFlags(true).WithWarningPrinter(streams),
		paint:     screen.PaintFor(streams.Out),
		now:       time.Now,
	}
	root := &cobra.Command{
		Use:   "kubectl-bowline",
		Short: "See, judge and steer Apps of Bowline",
		Long: `See, judge and steer Apps of Bowline.

` + exitCodesText,
		Example: examples(`
			# Follow a rollout as a tree
			kubectl bowline get shop --watch

			# In a pipeline: wait for what was applied, and fail if it is taken back
			kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 10m

			# Why did the last change not go out, and what changed?
			kubectl bowline explain shop
			kubectl bowline diff shop`),
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl bowline"},
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	p.flags.AddFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; `%s --help` tells what there is", err, cmd.CommandPath())
	})
	const seeing, steering, manifests = "see", "steer", "manifests"
	root.AddGroup(&cobra.Group{ID: seeing, Title: "See:"}, &cobra.Group{ID: steering, Title: "Steer:"}, &cobra.Group{ID: manifests, Title: "Manifests, without a cluster:"})
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(seeing, p.get(), p.status(), p.history(), p.diff(), p.explain(), p.wait())
	add(steering, p.rollback(), p.retry(), p.restart(), p.pause(), p.resume(), p.scale())
	add(manifests, p.render(), p.lint(), p.init())
	p.completeFlags(root)
	root.SetUsageTemplate(usage(root.UsageTemplate()))
	return root
}

// usage leaves out the flags that all of kubectl has where they would drown those
// of a command.
func usage(template string) string {
	const section = `Global Flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}`
	return strings.Replace(template, section, `Use "{{.Root.CommandPath}} --help" for the flags that all commands have, such as --namespace and --context.`, 1)
}

// examples takes the indentation off that the code has.
func examples(text string) string {
	var out []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\n")) {
		out = append(out, "  "+strings.TrimLeft(strings.TrimRight(line, "\n"), "\t"))
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "  \n", "\n")
}

var scheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // the types are those of this build
		}
	}
	return scheme
}()

// connect returns a client and the namespace to work in.
func (p *plugin) connect() (client.WithWatch, string, error) {
	config, err := p.flags.ToRESTConfig()
	if err != nil {
		return nil, "", err
	}
	config.UserAgent = FieldManager
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, "", err
	}
	namespace, err := p.namespace()
	return c, namespace, err
}

func (p *plugin) namespace() (string, error) {
	namespace, _, err := p.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// app connects, and names an App.
func (p *plugin) app(name string) (client.WithWatch, client.ObjectKey, error) {
	c, namespace, err := p.connect()
	return c, client.ObjectKey{Namespace: namespace, Name: strings.TrimPrefix(strings.TrimPrefix(name, "app/"), "apps.bowline.dev/")}, err
}

// read connects, and reads an App.
func (p *plugin) read(ctx context.Context, name string) (client.WithWatch, *v1alpha1.App, error) {
	c, key, err := p.app(name)
	if err != nil {
		return nil, nil, err
	}
	app, err := view.App(ctx, c, key)
	return c, app, err
}

// readAll connects, and reads an App with its Releases.
func (p *plugin) readAll(ctx context.Context, name string) (client.WithWatch, *view.View, error) {
	c, app, err := p.read(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	releases, err := view.Releases(ctx, c, app)
	return c, &view.View{App: app, Releases: releases}, err
}

// oneApp asks for the name of an App.
func oneApp(cmd *cobra.Command, args []string) error { return appAnd(0)(cmd, args) }

// appAnd asks for the name of an App, and for at most so many Releases.
func appAnd(releases int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("name an App: %s", cmd.UseLine())
		case len(args) > 1+releases:
			return fmt.Errorf("%s is too much: %s", strings.Join(args[1+releases:], " "), cmd.UseLine())
		}
		return nil
	}
}
