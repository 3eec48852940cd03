package command

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// format is the value of --output.
type format string

const (
	text       format = ""
	asJSON     format = "json"
	asYAML     format = "yaml"
	wide       format = "wide"
	nameOnly   format = "name"
	outputFlag        = "output"
)

// addOutput adds --output with the formats that a command knows besides text.
func addOutput(cmd *cobra.Command, into *format, known ...format) {
	cmd.Flags().VarP(&formatValue{into, known}, outputFlag, "o", "how to write: "+names(known)+"; left out, for people")
	_ = cmd.RegisterFlagCompletionFunc(outputFlag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, f := range known {
			out = append(out, string(f))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}

type formatValue struct {
	into  *format
	known []format
}

func (v *formatValue) String() string { return string(*v.into) }

// Type is what the help calls the value.
func (v *formatValue) Type() string { return "format" }

// Set takes a value that the command knows.
func (v *formatValue) Set(value string) error {
	if !slices.Contains(v.known, format(value)) {
		return fmt.Errorf("it is one of %s", names(v.known))
	}
	*v.into = format(value)
	return nil
}

func names(known []format) string {
	var out []string
	for _, f := range known {
		out = append(out, string(f))
	}
	return strings.Join(out, ", ")
}

// write writes data as JSON or YAML.
func write(out io.Writer, f format, data any) error {
	if f == asYAML {
		content, err := yaml.Marshal(data)
		if err != nil {
			return err
		}
		_, err = out.Write(content)
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(data)
}
