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
	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// The versions of everything that is built; inside the program they need no
// source tree to be built from.
var (
	//go:embed go.mod
	goMod []byte
	//go:embed go.sum
	goSum []byte
	// Those of real nodes, but for what is Kubernetes' own.
	//go:embed node.mod
	nodeMod []byte
	//go:embed node.sum
	nodeSum []byte
	//go:embed programs/pause/main.go
	pauseSource []byte
	//go:embed programs/coredns/main.go
	coreDNSSource []byte
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
		"node":   node,
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("there is no command %q", args[0])
	}
	return command(ctx, args[1:])
}

// node is the first process of a real node; `up` starts it.
func node(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("node is for `up` to start: it wants the file that says which node")
	}
	return realnode.Init(args[0])
}

// ensureBinaries returns the folder of the programs of a cluster with simulated
// nodes, building them if needed.
func ensureBinaries(ctx context.Context) (string, error) {
	folders, err := ensure(ctx, binaries.ControlPlane(binaries.Module{GoMod: goMod, GoSum: goSum}))
	if err != nil {
		return "", err
	}
	return folders[0], nil
}

// ensureNodeBinaries returns the folders of the programs of real nodes,
// building them if needed.
func ensureNodeBinaries(ctx context.Context) (kubelet, node string, err error) {
	folders, err := ensure(ctx,
		binaries.Node(binaries.Module{GoMod: nodeMod, GoSum: nodeSum}, pauseSource, coreDNSSource),
		binaries.Kubelet(binaries.Module{GoMod: goMod, GoSum: goSum}))
	if err != nil {
		return "", "", err
	}
	return folders[1], folders[0], nil
}

func ensure(ctx context.Context, groups ...binaries.Group) ([]string, error) {
	root, err := binaries.DefaultRoot()
	if err != nil {
		return nil, err
	}
	cache := binaries.Cache{Root: root, Progress: binaries.NewProgress(os.Stderr)}
	var folders []string
	for _, group := range groups {
		folder, err := cache.Ensure(ctx, group)
		if err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	return folders, nil
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
