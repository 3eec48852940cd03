// Command argo looks at an App as Argo CD does, by Argo CD's own engine.
//
//	argo diff FILE          compare what FILE holds with the cluster, in each way Argo CD can
//	argo sync FILE          apply FILE as Argo CD does, client-side
//	argo sync -server FILE  the same, server-side
//	argo tracked NAME FILE  tell what Argo CD takes for a part of the application NAME
//
// It prints JSON. The cluster is that of $KUBECONFIG.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "argo:", err)
		os.Exit(1)
	}
}

// engine is what the engine needs to know of a cluster.
type engine struct {
	config  *rest.Config
	kubectl kube.Kubectl
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("diff, sync or tracked?")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	server := flags.Bool("server", false, "apply server-side")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	e := &engine{config: config, kubectl: &kube.KubectlCmd{Tracer: tracing.NopTracer{}, Log: logr.Discard()}}
	var answer any
	switch {
	case args[0] == "diff" && flags.NArg() == 1:
		answer, err = e.diff(ctx, flags.Arg(0))
	case args[0] == "sync" && flags.NArg() == 1:
		answer, err = e.sync(ctx, flags.Arg(0), *server)
	case args[0] == "tracked" && flags.NArg() == 2:
		answer, err = e.tracked(flags.Arg(0), flags.Arg(1))
	default:
		err = fmt.Errorf("no such command: argo %v", args)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

// read returns the objects of a file.
func read(file string) ([]*unstructured.Unstructured, error) {
	data, err := os.ReadFile(file) //nolint:gosec // it is the file that the command line names
	if err != nil {
		return nil, err
	}
	return kube.SplitYAML(data)
}
