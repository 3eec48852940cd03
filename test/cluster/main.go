// Command cluster builds and runs the Kubernetes cluster Bowline is tested on: a
// real control plane with simulated nodes, on loopback, from Go modules alone.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bowline-dev/bowline/test/cluster/binaries"
)

// The versions of everything that is built; inside the program they need no
// source tree to be built from.
var (
	//go:embed go.mod
	goMod []byte
	//go:embed go.sum
	goSum []byte
)

const usage = `Usage: go run . COMMAND

  build     build the programs of the cluster, once
  assets    print the folder to use as KUBEBUILDER_ASSETS
  up        start a cluster and keep it until Ctrl-C
  down      end a cluster that was started with up --detach
  status    say whether a cluster runs, and its processes

"go run . COMMAND --help" prints a command's flags.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return flag.ErrHelp
	}
	commands := map[string]func(context.Context, []string) error{
		"build":  build,
		"assets": assets,
		"up":     up,
		"down":   down,
		"status": status,
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("there is no command %q", args[0])
	}
	return command(ctx, args[1:])
}

// ensureBinaries returns the folder of the programs, building them if needed.
func ensureBinaries(ctx context.Context) (string, error) {
	root, err := binaries.DefaultRoot()
	if err != nil {
		return "", err
	}
	cache := binaries.Cache{
		Root:     root,
		Module:   binaries.Module{GoMod: goMod, GoSum: goSum},
		Progress: binaries.NewProgress(os.Stderr),
	}
	return cache.Ensure(ctx)
}

// parse reads a command's flags and refuses anything else on its line.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // the flag package has said what is wrong
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q", flags.Name(), flags.Arg(0))
	}
	return nil
}
