package stages

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed *.yaml parts
var files embed.FS

// Documents returns all Stage documents as one YAML stream.
func Documents() ([]byte, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	for _, name := range names {
		stream.WriteString("---\n")
		if err := expand(&stream, name); err != nil {
			return nil, fmt.Errorf("stages/%s: %w", name, err)
		}
	}
	return stream.Bytes(), nil
}

// expand fills in the parts a document refers to.
func expand(out *bytes.Buffer, name string) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	document, err := template.New(name).Delims("[[", "]]").Funcs(template.FuncMap{
		"jq":   jq,
		"part": part,
	}).Parse(string(text))
	if err != nil {
		return err
	}
	return document.Execute(out, nil)
}

// jq returns a query on a pod as a quoted YAML string. The query may use what
// parts/moment.jq defines.
func jq(query string) (string, error) {
	program, err := Query(query)
	if err != nil {
		return "", err
	}
	quoted, err := json.Marshal(program) // a JSON string is a YAML string
	return string(quoted), err
}

// Query returns a complete jq program that answers query for a pod.
func Query(query string) (string, error) {
	definitions, err := files.ReadFile("parts/moment.jq")
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(
		"%ANNOTATION%", Annotation,
		"%VARIABLE%", Variable,
		"%OUTCOMES%", pattern(),
	).Replace(string(definitions)) + query, nil
}

// pattern matches the name of an outcome as a word: "oom" is in "shop:oom", and
// not in "boom" or "chatroom".
func pattern() string {
	var names []string
	for _, outcome := range Outcomes() {
		names = append(names, outcome.Name)
	}
	return "(^|[^a-z0-9])(?<outcome>" + strings.Join(names, "|") + ")($|[^a-z0-9])"
}

// part returns a text of parts/ for a document to include, indented to stand in
// a template's block.
func part(name string, indent int) (string, error) {
	text, err := files.ReadFile("parts/" + name)
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(text, []byte("%ANNOTATION%"), []byte(Annotation))
	text = bytes.ReplaceAll(text, []byte("%OUTCOMES%"), []byte(strings.ReplaceAll(pattern(), "?<outcome>", "")))
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent)), nil
}
