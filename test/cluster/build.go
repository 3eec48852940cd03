package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

// build makes sure that the programs are there, and prints nothing if they are.
func build(ctx context.Context, args []string) error {
	var n nodes
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.Var(&n, "nodes", "\"real\": the programs of real nodes, too")
	if err := parse(flags, args); err != nil {
		return err
	}
	if n.real {
		if _, _, err := ensureNodeBinaries(ctx); err != nil {
			return err
		}
	}
	_, err := ensureBinaries(ctx)
	return err
}

// assets prints the folder with etcd, kube-apiserver and kubectl. A folder the
// user has chosen for envtest is left alone.
func assets(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("assets", flag.ContinueOnError), args); err != nil {
		return err
	}
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		var err error
		if folder, err = ensureBinaries(ctx); err != nil {
			return err
		}
	}
	fmt.Println(folder)
	return nil
}
