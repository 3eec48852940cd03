package binding

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// errNotFixed tells what a fixed path is.
var errNotFixed = errors.New("is no fixed path: it may consist of fields only, such as .spec.template or .spec['template']")

// fields reads a fixed path: fields and the child operator, nothing else.
func fields(path string) ([]string, error) {
	var out []string
	for rest := path; rest != ""; {
		var field string
		switch {
		case strings.HasPrefix(rest, "['"):
			end := strings.Index(rest, "']")
			if end < 0 {
				return nil, errNotFixed
			}
			field, rest = rest[2:end], rest[end+2:]
			if strings.Contains(field, "'") {
				return nil, errNotFixed
			}
		case strings.HasPrefix(rest, "."):
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			field, rest = rest[1:1+end], rest[1+end:]
			if strings.ContainsAny(field, "]'{}*?@$ \\") {
				return nil, errNotFixed
			}
		}
		if field == "" {
			return nil, errNotFixed
		}
		out = append(out, field)
	}
	if out == nil {
		return nil, errNotFixed
	}
	return out, nil
}

// look returns what is at a path below an object, nil if there is nothing.
func look(object map[string]any, path []string) (any, error) {
	for i, field := range path[:len(path)-1] {
		switch child := object[field].(type) {
		case nil:
			return nil, nil
		case map[string]any:
			object = child
		default:
			return nil, fmt.Errorf("%s is no object", written(path[:i+1]))
		}
	}
	return object[path[len(path)-1]], nil
}

// put sets what is at a path below an object and creates the parents that are
// missing. It tells by created which fields did not exist.
func put(object map[string]any, at string, path []string, value any, created func(location string)) {
	for _, field := range path[:len(path)-1] {
		at = child(at, field)
		next, ok := object[field].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[field] = next
			created(at)
		}
		object = next
	}
	last := path[len(path)-1]
	if object[last] == nil {
		created(child(at, last))
	}
	object[last] = value
}

// written is a path as people write it.
func written(path []string) string {
	var out strings.Builder
	for _, field := range path {
		if strings.ContainsAny(field, ".[") {
			out.WriteString("['" + field + "']")
		} else {
			out.WriteString("." + field)
		}
	}
	return out.String()
}

// query compiles a JSONPath.
func query(path string) (*jsonpath.JSONPath, error) {
	if strings.ContainsAny(path, "{}") {
		return nil, errors.New("is no JSONPath: it is written without braces, such as .spec.template.spec.containers[*]")
	}
	q := jsonpath.New("path").AllowMissingKeys(true)
	if err := q.Parse("{" + path + "}"); err != nil {
		return nil, fmt.Errorf("is no JSONPath: %w", err)
	}
	return q, nil
}

// find returns all objects that a JSONPath leads to.
func find(workload map[string]any, path string) (found []map[string]any, err error) {
	q, err := query(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		// The library takes types apart by reflection. A path that somebody wrote
		// must not end the operator.
		if r := recover(); r != nil {
			found, err = nil, fmt.Errorf("cannot be followed: %v", r)
		}
	}()
	results, err := q.FindResults(workload)
	if err != nil {
		return nil, fmt.Errorf("cannot be followed: %w", err)
	}
	for _, result := range results {
		for _, value := range result {
			if !value.IsValid() || !value.CanInterface() || value.Interface() == nil {
				continue
			}
			object, ok := value.Interface().(map[string]any)
			if !ok {
				return nil, errors.New("leads to something that is no object")
			}
			found = append(found, object)
		}
	}
	return found, nil
}
