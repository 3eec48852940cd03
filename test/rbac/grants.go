package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// action is one thing that somebody does: a verb on a resource of a group,
// "apps/status" with its subresource.
type action struct {
	group, resource, verb string
}

func (a action) String() string {
	resource := a.resource
	if a.group != "" {
		resource += "." + a.group
	}
	return a.verb + " " + resource
}

// grant is one right that a role gives, on all objects or on the one of a name.
type grant struct {
	role string
	action
	name string
}

func (g grant) String() string {
	text := g.role + ": " + g.action.String()
	if g.name != "" {
		text += " " + g.name
	}
	return text
}

// account is the ServiceAccount whose rights are read, without the prefix that
// kustomize puts before names.
const (
	account = "controller-manager"
	prefix  = "bowline-"
)

// document is a role or a binding.
type document struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Rules             []rbacv1.PolicyRule     `json:"rules"`
	AggregationRule   *rbacv1.AggregationRule `json:"aggregationRule"`
	Subjects          []rbacv1.Subject        `json:"subjects"`
	RoleRef           rbacv1.RoleRef          `json:"roleRef"`
}

// shipped returns every right that the manifests in some folders give to the
// operator's account.
func shipped(folders ...string) ([]grant, error) {
	var all []document
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
				return err
			}
			read, err := documents(path)
			all = append(all, read...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var out []grant
	for _, binding := range all {
		if !slices.ContainsFunc(binding.Subjects, func(s rbacv1.Subject) bool { return bare(s.Name) == account }) {
			continue
		}
		roles, err := bound(binding, all)
		if err != nil {
			return nil, err
		}
		for _, role := range roles {
			for _, rule := range role.Rules {
				out = append(out, expand(bare(role.Name), rule)...)
			}
		}
	}
	slices.SortFunc(out, func(a, b grant) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out), nil
}

func documents(path string) ([]document, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	var out []document
	for {
		var d document
		switch err := decoder.Decode(&d); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		out = append(out, d)
	}
}

func bare(name string) string { return strings.TrimPrefix(name, prefix) }

// bound returns the role that a binding names, and for one that the control plane
// fills in those that it is filled from.
func bound(binding document, all []document) ([]document, error) {
	for _, role := range all {
		if role.Kind != binding.RoleRef.Kind || bare(role.Name) != bare(binding.RoleRef.Name) {
			continue
		}
		if role.AggregationRule == nil {
			return []document{role}, nil
		}
		var parts []document
		for _, s := range role.AggregationRule.ClusterRoleSelectors {
			selector, err := metav1.LabelSelectorAsSelector(&s)
			if err != nil {
				return nil, err
			}
			for _, part := range all {
				if part.Kind == role.Kind && selector.Matches(labels.Set(part.Labels)) {
					parts = append(parts, part)
				}
			}
		}
		return parts, nil
	}
	return nil, fmt.Errorf("%s %s: there is no %s %s", binding.Kind, binding.Name, binding.RoleRef.Kind, binding.RoleRef.Name)
}

func expand(role string, rule rbacv1.PolicyRule) []grant {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var out []grant
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				for _, name := range names {
					out = append(out, grant{role, action{group, resource, verb}, name})
				}
			}
		}
	}
	return out
}
