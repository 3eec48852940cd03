// Command rbac holds the operator's rights against what it does with them: it
// reads the logs of requests that the suites left in a folder, and prints every
// right that no suite used and every request that was refused.
//
// The operator of those suites has the account and the roles that it ships with.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bowline-dev/bowline/test/harness"
)

func main() {
	folder := flag.String("audit", os.Getenv(harness.AuditFolder), "folder with the logs of requests")
	flag.Parse()
	problems, err := check(*folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rbac:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

func check(folder string) ([]string, error) {
	root, err := harness.Root()
	if err != nil {
		return nil, err
	}
	grants, err := shipped(filepath.Join(root, "config", "rbac"), filepath.Join(root, "config", "servicebinding"))
	if err != nil {
		return nil, err
	}
	did, err := read(folder)
	if err != nil {
		return nil, err
	}
	problems := judge(grants, did)
	fmt.Printf("%d requests of the operator, %d rights, %d of them by exception: %d problems\n", did.count, len(grants), len(unused), len(problems))
	return problems, nil
}

// judge returns what is wrong, in order.
func judge(grants []grant, did *requests) []string {
	var out []string
	for _, g := range grants {
		_, excepted := unused[g.action]
		switch used := did.uses(g); {
		case !used && !excepted:
			out = append(out, "never used: "+g.String())
		case used && excepted:
			out = append(out, "used, and so no exception: "+g.String())
		}
	}
	for a := range unused {
		if !slices.ContainsFunc(grants, func(g grant) bool { return g.action == a }) {
			out = append(out, "an exception for what no role gives: "+a.String())
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(did.refused), func(a, b action) int { return strings.Compare(a.String(), b.String()) }) {
		if _, excepted := refusedOnPurpose[a.group]; !excepted {
			out = append(out, fmt.Sprintf("refused %d times: %s", did.refused[a], a))
		}
	}
	return out
}
