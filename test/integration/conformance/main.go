// Command conformance judges versions of Apps as GitOps tools do: by kstatus,
// which Flux and Helm wait with, and by Flux's own checks of conditions. Both
// come with so many requirements that they live in a module of their own.
//
// It reads one App as JSON from each line of standard input and answers with
// one line on standard output, in the same order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// maxLine is more than an App can have.
const maxLine = 8 << 20

// answer judges every line until the input ends.
func answer(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		app := &unstructured.Unstructured{}
		if err := app.UnmarshalJSON(lines.Bytes()); err != nil {
			return fmt.Errorf("read an App: %w", err)
		}
		if err := answers.Encode(judge(app)); err != nil {
			return fmt.Errorf("write a verdict: %w", err)
		}
	}
	return lines.Err()
}
