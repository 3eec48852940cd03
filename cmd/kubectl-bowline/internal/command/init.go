package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/adopt"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/manifest"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/offline"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/schema"
)

// wishesOfInit are the flags of init.
type wishesOfInit struct {
	image, deployment, container string
	ports                        []int32
	replicas                     int32
}

func (p *plugin) init() *cobra.Command {
	w := wishesOfInit{}
	cmd := &cobra.Command{
		Use:   "init [APP] --image IMAGE | --from-deployment NAME",
		Short: "Write the manifest of a new App, or of one that runs what a Deployment runs",
		Long: `Write the manifest of a new App to standard output. Nothing is changed in the cluster.

With --from-deployment the App runs what the Deployment runs: what has a field of its
own goes there, everything else of the pods into spec.podTemplate, and what an App
cannot do is said in comments. A HorizontalPodAutoscaler that aims at the Deployment
becomes spec.autoscale.

An App of the Deployment's name, which it has unless you say another, takes the
Deployment over when it is applied, and no pod is restarted: docs/moving.md.`,
		Example: examples(`
			kubectl bowline init shop --image registry.example/shop:1.0 --port 8080 > shop.yaml

			kubectl bowline init --from-deployment shop > shop.yaml
			kubectl bowline lint -f shop.yaml`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return p.writeApp(cmd, name, w)
		},
		ValidArgsFunction: nothing,
	}
	cmd.Flags().StringVar(&w.image, "image", "", "the image to run")
	cmd.Flags().Int32SliceVar(&w.ports, "port", nil, "a port that the container listens on; may be given several times")
	cmd.Flags().Int32Var(&w.replicas, "replicas", 0, "how many pods are to run")
	cmd.Flags().StringVar(&w.deployment, "from-deployment", "", "the Deployment whose pods the App is to run")
	cmd.Flags().StringVar(&w.container, "container", "", "with --from-deployment: the container that becomes the App's; left out, the one named like the Deployment, or the first")
	cmd.MarkFlagsMutuallyExclusive("image", "from-deployment")
	cmd.MarkFlagsOneRequired("image", "from-deployment")
	for _, flag := range []string{"port", "replicas", "image"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, nothing)
	}
	_ = cmd.RegisterFlagCompletionFunc("from-deployment", p.completeDeployments)
	return cmd
}

func (p *plugin) writeApp(cmd *cobra.Command, name string, w wishesOfInit) error {
	var app *adopt.App
	var err error
	if w.deployment != "" {
		app, err = p.adopted(cmd.Context(), name, w)
	} else {
		app, err = fromImage(cmd, name, w)
	}
	if err != nil {
		return err
	}
	content, err := manifestOf(app)
	if err != nil {
		return err
	}
	found, err := problemsOf(cmd.Context(), content)
	if err != nil {
		return err
	}
	fmt.Fprint(p.Out, content)
	for _, f := range found {
		p.warn("correct this before you apply it: line %d: %s", f.Line, f.Message)
	}
	if len(found) > 0 {
		return ended(ExitFailed)
	}
	return nil
}

func fromImage(cmd *cobra.Command, name string, w wishesOfInit) (*adopt.App, error) {
	if name == "" {
		return nil, errors.New("name the App: kubectl bowline init shop --image " + w.image)
	}
	var replicas *int32
	if cmd.Flags().Changed("replicas") {
		replicas = &w.replicas
	}
	return adopt.New(name, w.image, w.ports, replicas), nil
}

// adopted reads a Deployment, and what stands beside it.
func (p *plugin) adopted(ctx context.Context, name string, w wishesOfInit) (*adopt.App, error) {
	c, namespace, err := p.connect()
	if err != nil {
		return nil, err
	}
	key := client.ObjectKey{Namespace: namespace, Name: strings.TrimPrefix(w.deployment, "deployment/")}
	deployment := &appsv1.Deployment{}
	if err := c.Get(ctx, key, deployment); err != nil {
		return nil, fmt.Errorf("read Deployment %q in namespace %q: %w", key.Name, namespace, err)
	}
	o := adopt.Options{Name: name, Container: w.container}
	if o.Name == "" {
		o.Name = deployment.Name
	}
	scalers := &autoscalingv2.HorizontalPodAutoscalerList{}
	if err := c.List(ctx, scalers, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("read the HorizontalPodAutoscalers: %w", err)
	}
	for i := range scalers.Items {
		if t := scalers.Items[i].Spec.ScaleTargetRef; t.Kind == "Deployment" && t.Name == deployment.Name {
			o.Autoscaler = &scalers.Items[i]
		}
	}
	switch err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: o.Name}, &corev1.Service{}); {
	case err == nil:
		o.Service = true
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("read Service %q: %w", o.Name, err)
	}
	return adopt.Deployment(deployment, o)
}

// metadata is what a manifest says of an object.
type metadata struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// manifestOf writes an App, with its notes as comments at the top.
func manifestOf(app *adopt.App) (string, error) {
	content, err := manifest.Write(struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Metadata   metadata `json:"metadata"`
		Spec       any      `json:"spec"`
	}{app.APIVersion, app.Kind, metadata{app.Name, app.Annotations}, app.Spec})
	if err != nil {
		return "", fmt.Errorf("write the App: %w", err)
	}
	var out strings.Builder
	for _, note := range app.Notes {
		out.WriteString("# " + strings.ReplaceAll(note, "\n", " ") + "\n")
	}
	return out.String() + string(content), nil
}

func problemsOf(ctx context.Context, content string) ([]finding, error) {
	objects, err := manifest.Parse("the manifest", []byte(content))
	if err != nil {
		return nil, err
	}
	schemas, err := schema.Load()
	if err != nil {
		return nil, fmt.Errorf("read the schemas of this program: %w", err)
	}
	var given []*offline.Given
	found, _ := findings(ctx, schemas, objects, given)
	return found, nil
}
