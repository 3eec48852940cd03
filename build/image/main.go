// Command image builds the operator's image without a container engine: one
// static binary, the certificates of public authorities, nobody as the user. It
// writes the image and what each binary is made of into a folder, pushes it if
// it is given a name, and prints the digest.
//
// The same commit and the same Go give the same digest, wherever it is built.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"
)

type options struct {
	source    string
	output    string
	push      string
	plainHTTP bool
	platforms string
	version   string
}

func main() {
	var o options
	flag.StringVar(&o.source, "source", "../..", "folder of the project")
	flag.StringVar(&o.output, "output", "", "folder for the image as OCI layout, the same as a tar file, and what each binary is made of; below the project's dist if not given")
	flag.StringVar(&o.push, "push", "", "name to push the image by, such as registry.example/bowline:dev; it is not pushed if not given")
	flag.BoolVar(&o.plainHTTP, "plain-http", false, "push to a registry that serves no TLS")
	flag.StringVar(&o.platforms, "platforms", "linux/amd64,linux/arm64", "what to build for, separated by commas")
	flag.StringVar(&o.version, "version", "", "the version that the operator tells; what git describes if not given")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1) //nolint:gocritic // stop only restores signal handlers
	}
}

func run(ctx context.Context, o options) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("%q: there are no arguments besides the flags", flag.Arg(0))
	}
	if o.plainHTTP && o.push == "" {
		return errors.New("--plain-http: it says how to push, and nothing is pushed without --push")
	}
	reference, err := o.reference()
	if err != nil {
		return err
	}
	platforms, err := parsePlatforms(o.platforms)
	if err != nil {
		return err
	}
	if o.output == "" {
		o.output = filepath.Join(o.source, "dist")
	}
	origin, err := originOf(ctx, o.source, o.version)
	if err != nil {
		return err
	}
	built, err := build(ctx, o.source, origin, platforms)
	if err != nil {
		return err
	}
	if err := built.write(o.output, o.push); err != nil {
		return err
	}
	digest, err := built.index.Digest()
	if err != nil {
		return err
	}
	if reference == nil {
		fmt.Println(digest)
		return nil
	}
	if err := push(ctx, reference, built.index); err != nil {
		return err
	}
	fmt.Printf("%s@%s\n", reference.Context(), digest)
	return nil
}

// reference is where to push, nil for nowhere.
func (o options) reference() (name.Reference, error) {
	if o.push == "" {
		return nil, nil
	}
	var how []name.Option
	if o.plainHTTP {
		how = append(how, name.Insecure)
	}
	reference, err := name.ParseReference(o.push, how...)
	if err != nil {
		return nil, fmt.Errorf("--push=%s: it is an image's name, such as registry.example/bowline:dev: %w", o.push, err)
	}
	if _, tag := reference.(name.Tag); !tag {
		return nil, fmt.Errorf("--push=%s: the digest is what comes out: push by a tag, such as %s:dev", o.push, reference.Context())
	}
	return reference, nil
}

func parsePlatforms(list string) ([]platform, error) {
	var out []platform
	for entry := range strings.SplitSeq(list, ",") {
		system, architecture, ok := strings.Cut(entry, "/")
		if !ok || system != "linux" || architecture == "" || strings.Contains(architecture, "/") {
			return nil, fmt.Errorf("--platforms=%s: each is linux/ and an architecture, such as linux/amd64", list)
		}
		out = append(out, platform{system, architecture})
	}
	return out, nil
}
