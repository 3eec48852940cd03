package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Line returns the line on which a field stands, such as
// spec.secrets[0].keys[1].name. For one that is not there it is the line of what
// should hold it.
func (o *Object) Line(field string) int {
	node, line := o.node, o.node.Line
	for _, step := range steps(field) {
		key, value := next(node, step)
		if value == nil {
			break
		}
		node, line = value, key.Line
	}
	return line
}

// steps splits a path into names of fields and places in lists.
func steps(field string) []string {
	var out []string
	for field != "" && field != "<nil>" {
		field = strings.TrimPrefix(field, ".")
		end := strings.IndexAny(field, ".[")
		switch {
		case strings.HasPrefix(field, "["):
			var inside string
			inside, field, _ = strings.Cut(field[1:], "]")
			out = append(out, inside)
		case end < 0:
			return append(out, field)
		default:
			out = append(out, field[:end])
			field = field[end:]
		}
	}
	return out
}

// next is what a step leads to, and the node that shows where it begins.
func next(node *yaml.Node, step string) (key, value *yaml.Node) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind { //nolint:exhaustive // the others hold nothing
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if at, err := strconv.Atoi(step); err == nil && at >= 0 && at < len(node.Content) {
			return node.Content[at], node.Content[at]
		}
	}
	return nil, nil
}

func child(node *yaml.Node, name string) *yaml.Node {
	_, value := next(node, name)
	return value
}
