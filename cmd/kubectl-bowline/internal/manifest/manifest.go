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
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	kyaml "sigs.k8s.io/yaml"
)

// Object is an object of a file.
type Object struct {
	*unstructured.Unstructured
	File string

	node *yaml.Node
}

// SyntaxError is a file that cannot be read as what it is to hold.
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

// Read reads the objects of files and folders; "-" is standard input. Among
// several files may be others than manifests: what has neither apiVersion nor
// kind is passed over there.
func Read(paths []string, stdin io.Reader) ([]*Object, error) {
	var out []*Object
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			read, content, err := readFile(file, stdin)
			if err != nil {
				return nil, err
			}
			objects, err := parse(read, content, len(paths) > 1 || file != path)
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

// readFile returns what people call a file, and what it holds.
func readFile(file string, stdin io.Reader) (string, []byte, error) {
	if file != "-" {
		content, err := os.ReadFile(file)
		return file, content, err
	}
	content, err := io.ReadAll(stdin)
	if err != nil {
		return "", nil, fmt.Errorf("read standard input: %w", err)
	}
	return "standard input", content, nil
}

// Parse reads the objects of a file. Items of a List are objects of their own.
func Parse(file string, content []byte) ([]*Object, error) { return parse(file, content, false) }

func parse(file string, content []byte, amongOthers bool) ([]*Object, error) {
	var out []*Object
	for _, doc := range documents(content) {
		objects, err := parseDocument(file, doc, amongOthers)
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

// parseDocument reads the objects of a document. Its errors quote names of fields
// and no values: the document may be a Secret.
func parseDocument(file string, doc document, amongOthers bool) ([]*Object, error) {
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
		return nil, doc.noJSON(file, err, root)
	}
	fields, why := fieldsOf(data)
	switch {
	case why == "":
		return objectsOf(file, fields, root.Content[0])
	case amongOthers && foreign(fields):
		return nil, nil
	}
	return nil, &SyntaxError{File: file, Line: root.Content[0].Line, Err: errors.New("no Kubernetes object: " + why)}
}

// fieldsOf are the fields of a document, and why it is no object.
func fieldsOf(data []byte) (fields map[string]any, why string) {
	if json.Unmarshal(data, &fields) != nil {
		return nil, "it has no fields"
	}
	for _, field := range []string{"apiVersion", "kind"} {
		switch value, there := fields[field]; {
		case !there || value == nil || value == "":
			return fields, "it has no " + field
		case !isText(value):
			return fields, "its " + field + " is no text"
		}
	}
	return fields, ""
}

func isText(value any) bool { _, ok := value.(string); return ok }

// foreign tells that a document is of something else than Kubernetes.
func foreign(fields map[string]any) bool { return fields["apiVersion"] == nil && fields["kind"] == nil }

// objectsOf is an object, or the items of a List.
func objectsOf(file string, fields map[string]any, node *yaml.Node) ([]*Object, error) {
	object := &unstructured.Unstructured{Object: fields}
	if !object.IsList() {
		return []*Object{{Unstructured: object, File: file, node: node}}, nil
	}
	list, err := object.ToList()
	if err != nil {
		return nil, &SyntaxError{File: file, Line: node.Line, Err: errors.New("no Kubernetes object: an item of the list has no fields")}
	}
	nodes := child(node, "items")
	var out []*Object
	for i := range list.Items {
		o := &Object{Unstructured: &list.Items[i], File: file, node: node}
		if nodes != nil && nodes.Kind == yaml.SequenceNode && i < len(nodes.Content) {
			o.node = nodes.Content[i]
		}
		out = append(out, o)
	}
	return out, nil
}

var (
	syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?([^\x60"\n]*)$`)
	keyTwice   = regexp.MustCompile(`line (\d+): (key .+ already set in map)`)
)

// syntaxError finds the line in the words of the parser, which counts within the
// document. It quotes nothing but what a name of an anchor would be, and that may
// be a value which begins with an asterisk.
func (d document) syntaxError(file string, err error) error {
	said := syntaxLine.FindStringSubmatch(err.Error())
	switch {
	case said == nil:
		return d.at(file, "", "no YAML")
	case strings.HasPrefix(said[2], "unknown anchor "):
		name := strings.Split(said[2], "'")[1]
		before, _, _ := bytes.Cut(d.content, []byte("*"+name))
		return d.at(file, strconv.Itoa(1+bytes.Count(before, []byte("\n"))), "a value that begins with * wants quotes, or names an anchor (&) that is not there")
	}
	return d.at(file, said[1], said[2])
}

// noJSON is why no JSON can be made of what is YAML: most often, because a key
// stands twice. What else the parser says quotes values.
func (d document) noJSON(file string, err error, root *yaml.Node) error {
	if said := keyTwice.FindStringSubmatch(err.Error()); said != nil {
		return d.at(file, said[1], said[2])
	}
	if key := complexKey(root); key != nil {
		return &SyntaxError{File: file, Line: key.Line, Err: errors.New("a key is a map or a list: a template such as {{ x }} wants quotes")}
	}
	return d.at(file, "", "a value does not fit its tag (!), or is no JSON")
}

// at is an error on a line of the document, by default its first.
func (d document) at(file, line, message string) error {
	n, err := strconv.Atoi(line)
	if err != nil {
		n = 1
	}
	return &SyntaxError{File: file, Line: d.before + n, Err: errors.New(message)}
}

// complexKey finds a key that is no text, as {{ x }} makes one.
func complexKey(node *yaml.Node) *yaml.Node {
	for i, c := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 && len(c.Content) > 0 {
			return c
		}
		if found := complexKey(c); found != nil {
			return found
		}
	}
	return nil
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
