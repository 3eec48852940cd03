// Package manifest reads objects from files, and knows the line on which each of
// their fields stands.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kyaml "sigs.k8s.io/yaml"
)

// Object is an object of a file.
type Object struct {
	*unstructured.Unstructured
	File string

	node *yaml.Node
}

// SyntaxError is a file that cannot be read as YAML.
type SyntaxError struct {
	File string
	Line int
	Err  error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns what the parser said.
func (e *SyntaxError) Unwrap() error { return e.Err }

// extensions are those of files that are read from a folder.
var extensions = []string{".yaml", ".yml", ".json"}

// Read reads the objects of files and folders; "-" is standard input.
func Read(paths []string, stdin io.Reader) ([]*Object, error) {
	var out []*Object
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			objects, err := readFile(file, stdin)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
	}
	return out, nil
}

func filesOf(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && slices.Contains(extensions, filepath.Ext(entry.Name())) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file in this folder ends in %s", path, strings.Join(extensions, ", "))
	}
	return files, nil
}

func readFile(file string, stdin io.Reader) ([]*Object, error) {
	if file != "-" {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return Parse(file, content)
	}
	content, err := io.ReadAll(stdin)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return Parse("standard input", content)
}

// Parse reads the objects of a file. Items of a List are objects of their own.
func Parse(file string, content []byte) ([]*Object, error) {
	var out []*Object
	for _, doc := range documents(content) {
		objects, err := parseDocument(file, doc)
		if err != nil {
			return nil, err
		}
		out = append(out, objects...)
	}
	return out, nil
}

// document is one of several in a file.
type document struct {
	content []byte
	before  int // how many lines stand before it
}

// documents splits a file as kubectl does, at lines that begin with ---.
func documents(content []byte) []document {
	var out []document
	doc := document{}
	line := 0
	for text := range bytes.Lines(content) {
		line++
		if bytes.HasPrefix(text, []byte("---")) {
			out = append(out, doc)
			doc = document{before: line}
			continue
		}
		doc.content = append(doc.content, text...)
	}
	return append(out, doc)
}

func parseDocument(file string, doc document) ([]*Object, error) {
	root := &yaml.Node{}
	err := yaml.NewDecoder(bytes.NewReader(doc.content)).Decode(root)
	if errors.Is(err, io.EOF) || err == nil && empty(root) {
		return nil, nil
	}
	if err != nil {
		return nil, doc.syntaxError(file, err)
	}
	shift(root, doc.before)
	data, err := kyaml.YAMLToJSONStrict(doc.content)
	if err != nil {
		return nil, doc.syntaxError(file, err)
	}
	fields := map[string]any{}
	object := &unstructured.Unstructured{Object: fields}
	if err := object.UnmarshalJSON(data); err != nil {
		return nil, &SyntaxError{File: file, Line: root.Content[0].Line, Err: fmt.Errorf("no Kubernetes object: %w", err)}
	}
	if !object.IsList() {
		return []*Object{{Unstructured: object, File: file, node: root.Content[0]}}, nil
	}
	return itemsOf(file, object, root.Content[0])
}

func itemsOf(file string, list *unstructured.Unstructured, node *yaml.Node) ([]*Object, error) {
	items, err := list.ToList()
	if err != nil {
		return nil, &SyntaxError{File: file, Line: node.Line, Err: err}
	}
	nodes := child(node, "items")
	var out []*Object
	for i := range items.Items {
		o := &Object{Unstructured: &items.Items[i], File: file, node: node}
		if nodes != nil && nodes.Kind == yaml.SequenceNode && i < len(nodes.Content) {
			o.node = nodes.Content[i]
		}
		out = append(out, o)
	}
	return out, nil
}

// syntaxError finds the line in the words of the parser, which counts within the
// document.
func (d document) syntaxError(file string, err error) error {
	said := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	said = strings.TrimPrefix(said, "yaml: ")
	line := 1
	if _, after, ok := strings.Cut(said, "line "); ok {
		number, rest, _ := strings.Cut(after, ":")
		if n, err := strconv.Atoi(number); err == nil {
			line, said = n, strings.TrimSpace(rest)
		}
	}
	return &SyntaxError{File: file, Line: d.before + line, Err: errors.New(said)}
}

func empty(root *yaml.Node) bool {
	return len(root.Content) == 0 || root.Content[0].Kind == yaml.ScalarNode && root.Content[0].Tag == "!!null"
}

func shift(node *yaml.Node, lines int) {
	node.Line += lines
	for _, c := range node.Content {
		shift(c, lines)
	}
}
