package command

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

type completion = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// nothing completes nothing, and no names of files either.
func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeApps completes the name of an App, and what comes after it by others.
func (p *plugin) completeApps(then ...completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return p.names(cmd, &v1alpha1.AppList{}, begun), cobra.ShellCompDirectiveNoFileComp
		case len(args) <= len(then):
			return then[len(args)-1](cmd, args, begun)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNumbers completes the numbers of the Releases of the App that was
// named before.
func (p *plugin) completeNumbers(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, v, err := p.readAll(cmd.Context(), args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	releases := v.Releases
	var out []string
	for i := len(releases) - 1; i >= 0; i-- {
		if number := strconv.FormatInt(releases[i].Spec.Number, 10); strings.HasPrefix(number, begun) {
			out = append(out, number+"\t"+healthOf(&releases[i])+" "+releases[i].Spec.Image)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func (p *plugin) completeDeployments(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return p.names(cmd, &appsv1.DeploymentList{}, begun), cobra.ShellCompDirectiveNoFileComp
}

// names are those of the objects of a kind in the namespace.
func (p *plugin) names(cmd *cobra.Command, list client.ObjectList, begun string) []string {
	c, namespace, err := p.connect()
	if err != nil {
		return nil
	}
	return namesOf(cmd, c, list, begun, client.InNamespace(namespace))
}

func namesOf(cmd *cobra.Command, c client.Reader, list client.ObjectList, begun string, options ...client.ListOption) []string {
	if err := c.List(cmd.Context(), list, options...); err != nil {
		cobra.CompErrorln(err.Error())
		return nil
	}
	var out []string
	add := func(name string) {
		if strings.HasPrefix(name, begun) {
			out = append(out, name)
		}
	}
	switch l := list.(type) {
	case *v1alpha1.AppList:
		for i := range l.Items {
			add(l.Items[i].Name)
		}
	case *appsv1.DeploymentList:
		for i := range l.Items {
			add(l.Items[i].Name)
		}
	case *corev1.NamespaceList:
		for i := range l.Items {
			add(l.Items[i].Name)
		}
	}
	return out
}

// completeFlags completes the flags that all of kubectl has.
func (p *plugin) completeFlags(root *cobra.Command) {
	_ = root.RegisterFlagCompletionFunc("namespace", func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		c, _, err := p.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return namesOf(cmd, c, &corev1.NamespaceList{}, begun), cobra.ShellCompDirectiveNoFileComp
	})
	_ = root.RegisterFlagCompletionFunc("context", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		config, err := p.flags.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var out []string
		for name := range config.Contexts {
			if strings.HasPrefix(name, begun) {
				out = append(out, name)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}
