// Command lua runs config/gitops/argocd as Argo CD does.
//
//	lua health SCRIPT   judge one App from each line of standard input
//	lua action SCRIPT   run an action on the App on standard input and print
//	                    the merge patch that Argo CD would send
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lua:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: lua health|action SCRIPT")
	}
	script, err := read(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "health":
		return judge(script, in, out)
	case "action":
		return act(script, in, out)
	}
	return fmt.Errorf("%s: no such command: health or action", args[0])
}

// maxLine is more than an App can have.
const maxLine = 8 << 20

// judge answers each App with its health, on a line of its own.
func judge(script string, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var app map[string]any
		if err := json.Unmarshal(lines.Bytes(), &app); err != nil {
			return fmt.Errorf("read an App: %w", err)
		}
		status, _, err := healthOf(script, app)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, status)
	}
	return lines.Err()
}

func act(script string, in io.Reader, out io.Writer) error {
	var before map[string]any
	if err := json.NewDecoder(in).Decode(&before); err != nil {
		return fmt.Errorf("read an App: %w", err)
	}
	after, err := execute(script, before)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(patch(before, restore(after, before)))
}

// patch is the JSON merge patch from one object to another; nil when there is
// nothing to change.
func patch(before, after any) any {
	was, isObject := before.(map[string]any)
	is, stays := after.(map[string]any)
	if !isObject || !stays {
		if equal(before, after) {
			return nil
		}
		return after
	}
	changes := map[string]any{}
	for key := range was {
		if _, kept := is[key]; !kept {
			changes[key] = nil
		}
	}
	for key, value := range is {
		if _, old := was[key]; !old {
			changes[key] = value
		} else if change := patch(was[key], value); change != nil {
			changes[key] = change
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return changes
}

func equal(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
