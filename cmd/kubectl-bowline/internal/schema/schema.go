// Package schema checks objects of bowline.dev as the API server does, without
// one: by the API server's own packages and the definitions of this build, and so
// in the same words.
package schema

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/config/crd"
)

// Problem is what the API server would refuse.
type Problem struct {
	Field   string // empty when the message names it, or it is the whole object
	Message string
}

// String is the problem as the API server words it.
func (p Problem) String() string {
	if p.Field == "" {
		return p.Message
	}
	return p.Field + ": " + p.Message
}

// Schemas are those of the kinds of bowline.dev.
type Schemas struct {
	kinds map[schema.GroupVersionKind]*kind
}

type kind struct {
	gvk        schema.GroupVersionKind
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
	scale      *apiextensions.CustomResourceSubresourceScale
}

// Load returns the schemas of the definitions that this program was built with.
var Load = sync.OnceValues(load)

func load() (*Schemas, error) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, err
	}
	s := &Schemas{kinds: map[schema.GroupVersionKind]*kind{}}
	for _, file := range files {
		content, err := crd.Bases.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := s.add(content); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return s, nil
}

func (s *Schemas) add(content []byte) error {
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(content, definition); err != nil {
		return err
	}
	internal := &apiextensions.CustomResourceDefinition{}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, internal, nil); err != nil {
		return err
	}
	for _, version := range definition.Spec.Versions {
		added, err := kindOf(internal, version.Name)
		if err != nil {
			return err
		}
		s.kinds[added.gvk] = added
	}
	return nil
}

func kindOf(definition *apiextensions.CustomResourceDefinition, version string) (*kind, error) {
	out := &kind{gvk: schema.GroupVersionKind{Group: definition.Spec.Group, Version: version, Kind: definition.Spec.Names.Kind}}
	var props *apiextensions.JSONSchemaProps
	if definition.Spec.Validation != nil {
		props = definition.Spec.Validation.OpenAPIV3Schema // the one of all versions
	}
	if definition.Spec.Subresources != nil {
		out.scale = definition.Spec.Subresources.Scale
	}
	for _, v := range definition.Spec.Versions {
		if v.Name != version {
			continue
		}
		if v.Schema != nil {
			props = v.Schema.OpenAPIV3Schema
		}
		if v.Subresources != nil {
			out.scale = v.Subresources.Scale
		}
	}
	var err error
	if out.structural, err = structuralschema.NewStructural(props); err != nil {
		return nil, err
	}
	if out.validator, _, err = validation.NewSchemaValidator(props); err != nil {
		return nil, err
	}
	out.rules = cel.NewValidator(out.structural, true, celconfig.PerCallLimit)
	return out, nil
}

// Knows tells whether there is a schema for a kind.
func (s *Schemas) Knows(gvk schema.GroupVersionKind) bool { return s.kinds[gvk] != nil }

// Check finds what the API server would refuse of an object: a new one, or a
// change of another, if there is one. Fields that do not exist are refused, as
// kubectl asks for.
func (s *Schemas) Check(ctx context.Context, object, before *unstructured.Unstructured) []Problem {
	k := s.kinds[object.GroupVersionKind()]
	if k == nil {
		return []Problem{{Message: fmt.Sprintf("no kind %q is known in version %q", object.GetKind(), object.GetAPIVersion())}}
	}
	object = object.DeepCopy()
	if unknown, err := k.decode(object); err != nil {
		return []Problem{{Message: err.Error()}}
	} else if len(unknown) > 0 {
		return unknown
	}
	var old map[string]any
	if before != nil {
		old = before.DeepCopy().Object
	}
	var out []Problem
	for _, e := range k.validate(ctx, object, old) {
		out = append(out, Problem{Field: e.Field, Message: e.ErrorBody()})
	}
	return out
}

// decode does what the API server does when it reads an object, and returns the
// fields it does not know.
func (k *kind) decode(object *unstructured.Unstructured) ([]Problem, error) {
	meta, found, unknown, err := objectmeta.GetObjectMetaWithOptions(object.Object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, err
	}
	apiVersion, name := object.GetAPIVersion(), object.GetKind()
	unknown = append(unknown, pruning.PruneWithOptions(object.Object, k.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, k.structural)
	invalid, paths := objectmeta.CoerceWithOptions(nil, object.Object, k.structural, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if invalid != nil {
		return nil, invalid
	}
	unknown = append(unknown, paths...)
	object.SetAPIVersion(apiVersion)
	object.SetKind(name)
	if found {
		if err := objectmeta.SetObjectMeta(object.Object, meta); err != nil {
			return nil, err
		}
	}
	defaulting.Default(object.Object, k.structural)
	delete(object.Object, "status") // a new object has none
	var out []Problem
	for _, path := range unknown {
		strict := runtime.NewStrictDecodingError([]error{fmt.Errorf("unknown field %q", path)})
		out = append(out, Problem{Message: fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", k.gvk.Kind, k.gvk.Version, k.gvk.Kind, strict)})
	}
	return out, nil
}

// validate does what the API server does with an object it has read.
func (k *kind) validate(ctx context.Context, object *unstructured.Unstructured, old map[string]any) field.ErrorList {
	var errs field.ErrorList
	errs = append(errs, apivalidation.ValidateObjectMeta(metaOf(object), false, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))...)
	errs = append(errs, validation.ValidateCustomResource(nil, object.Object, k.validator)...)
	errs = append(errs, k.scaleErrors(object)...)
	errs = append(errs, objectmeta.Validate(ctx, nil, object.Object, k.structural, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, object.Object)...)
	if blocking(errs) {
		return errs // rules may not make sense of it
	}
	var before any
	if old != nil {
		before = old
	}
	broken, _ := k.rules.Validate(ctx, nil, k.structural, object.Object, before, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

func metaOf(object *unstructured.Unstructured) *metav1.ObjectMeta {
	meta, _, err := objectmeta.GetObjectMeta(object.Object, true)
	if err != nil || meta == nil {
		return &metav1.ObjectMeta{}
	}
	return meta
}

// scaleErrors hold the number of replicas against what the scale subresource can
// carry.
func (k *kind) scaleErrors(object *unstructured.Unstructured) field.ErrorList {
	if k.scale == nil {
		return nil
	}
	at := field.NewPath(k.scale.SpecReplicasPath)
	replicas, _, err := unstructured.NestedInt64(object.Object, strings.Split(strings.TrimPrefix(k.scale.SpecReplicasPath, "."), ".")...)
	switch {
	case err != nil:
		return field.ErrorList{field.Invalid(at, replicas, err.Error())}
	case replicas < 0:
		return field.ErrorList{field.Invalid(at, replicas, "should be a non-negative integer")}
	case replicas > math.MaxInt32:
		return field.ErrorList{field.Invalid(at, replicas, fmt.Sprintf("should be less than or equal to %v", math.MaxInt32))}
	}
	return nil
}

// blocking tells that an object is so wrong that its rules are not looked at.
func blocking(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}
