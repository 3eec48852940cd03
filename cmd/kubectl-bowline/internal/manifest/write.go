package manifest

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// Write writes an object as YAML, with its fields in the order of its type.
func Write(object any) ([]byte, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	node := &yaml.Node{} // JSON is YAML, in a style for programs
	if err := yaml.Unmarshal(data, node); err != nil {
		return nil, err
	}
	restyle(node)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(node); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// restyle drops the style of JSON. Text that looks like something else keeps its
// quotes: what is a string is tagged as one.
func restyle(node *yaml.Node) {
	node.Style = 0
	for _, c := range node.Content {
		restyle(c)
	}
}
