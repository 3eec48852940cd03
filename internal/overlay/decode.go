package overlay

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"
)

// root is the field of an App that holds the overlay.
const root = "spec.podTemplate"

// object is a JSON object.
type object = map[string]any

// decode reads an overlay; it is nil where there is none.
func decode(raw []byte) (object, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var value any
	problems, err := kjson.UnmarshalStrict(raw, &value)
	if err != nil {
		return nil, fmt.Errorf("%s: is no JSON (%w): correct it", root, err)
	}
	if len(problems) > 0 {
		return nil, twice(problems[0])
	}
	if value == nil {
		return nil, nil
	}
	if err := readable(reflect.TypeFor[corev1.PodTemplateSpec](), value, root); err != nil {
		return nil, err
	}
	return value.(object), nil
}

// twice names a field that stands twice, which is all that reading into no
// particular type can complain of.
func twice(err error) error {
	var field kjson.FieldError
	if errors.As(err, &field) {
		return fmt.Errorf("%s.%s: the field stands twice: keep one", root, field.FieldPath())
	}
	return fmt.Errorf("%s: %w", root, err)
}

// readable tells why a value cannot be read as a type, in the order of the
// fields' names, nil when it can. A null can always be read.
func readable(t reflect.Type, value any, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case value == nil:
		return nil
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return readableText(t, value, path)
	case t == reflect.TypeFor[[]byte]():
		return wrongType(value, path, "string")
	}
	switch t.Kind() {
	case reflect.Struct:
		return readableObject(value, path, func(key string) (reflect.Type, bool) { return fieldOf(t, key) })
	case reflect.Map:
		return readableObject(value, path, func(string) (reflect.Type, bool) { return t.Elem(), true })
	case reflect.Slice:
		return readableList(t.Elem(), value, path)
	case reflect.String:
		return wrongType(value, path, "string")
	case reflect.Bool:
		return wrongType(value, path, "boolean")
	default: // the API has no numbers but whole ones
		return readableNumber(t, value, path)
	}
}

// readableText is for types with a reading of their own: quantities, times, and
// what is a number or a string.
func readableText(t reflect.Type, value any, path string) error {
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, reflect.New(t).Interface())
	}
	switch {
	case err == nil:
		return nil
	case t == reflect.TypeFor[resource.Quantity]():
		return fmt.Errorf("%s: is no quantity: write it like 250m, 2 or 64Mi", path)
	}
	return fmt.Errorf("%s: %s cannot be read as %s: correct it", path, kindOf(value), t.Name())
}

func readableObject(value any, path string, typeOf func(string) (reflect.Type, bool)) error {
	fields, ok := value.(object)
	if !ok {
		return wrongType(value, path, "object")
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		at := path + "." + key
		if isDirective(key) {
			return fmt.Errorf("%s: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there", at)
		}
		t, known := typeOf(key)
		if !known {
			return fmt.Errorf("%s: there is no such field: correct its name or remove it", at)
		}
		if err := readable(t, fields[key], at); err != nil {
			return err
		}
	}
	return nil
}

func readableList(t reflect.Type, value any, path string) error {
	items, ok := value.([]any)
	if !ok {
		return wrongType(value, path, "list")
	}
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item == nil {
			return fmt.Errorf("%s: is null: write an item or remove it", at)
		}
		if err := readable(t, item, at); err != nil {
			return err
		}
	}
	return nil
}

func readableNumber(t reflect.Type, value any, path string) error {
	if _, fraction := value.(float64); fraction {
		return fmt.Errorf("%s: must be a whole number", path)
	}
	if err := wrongType(value, path, "number"); err != nil {
		return err
	}
	if reflect.Zero(t).CanInt() && reflect.Zero(t).OverflowInt(value.(int64)) {
		return fmt.Errorf("%s: %d is too large a number", path, value)
	}
	return nil
}

// wrongType tells that a value is not of the kind it must be. It does not repeat
// the value, which may be in the wrong place for a reason.
func wrongType(value any, path, want string) error {
	if got := kindOf(value); got != want {
		return fmt.Errorf("%s: must be %s, not %s", path, article(want), article(got))
	}
	return nil
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "list"
	case object:
		return "object"
	}
	return "number"
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// isDirective tells that a key is an instruction to strategic merge. It would
// be one anywhere, also among labels.
func isDirective(key string) bool {
	name, _, _ := strings.Cut(key, "/")
	return slices.Contains([]string{"$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList"}, name)
}

// fieldOf returns the type of a struct's field by its name in JSON.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case tag == name && tag != "":
			return field.Type, true
		case tag == "" && field.Anonymous:
			if inner, ok := fieldOf(field.Type, name); ok {
				return inner, true
			}
		}
	}
	return nil, false
}
