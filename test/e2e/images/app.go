package images

import (
	"context"
	"io"
	"runtime"

	"github.com/bowline-dev/bowline/test/harness"
)

// App are the references of the application's images in a cluster.
type App struct {
	One, Two    string // two versions of the same program
	WrongFormat string // whose program is none
	Missing     string // that is not there
	Private     string // version two, for those who log in
}

// PushApp builds the application and pushes its images. There is none for a
// registry without an address.
func PushApp(ctx context.Context, public, private harness.Registry, log io.Writer) (App, error) {
	program, err := BuildApp(ctx, log)
	if err != nil {
		return App{}, err
	}
	pushed := App{Missing: public.Address + "/app:typo"}
	for _, image := range []struct {
		program  []byte
		registry harness.Registry
		tag      string
		into     *string
	}{
		{program, public, "1", &pushed.One},
		{program, public, "2", &pushed.Two},
		{WrongFormat, public, "wrong-format", &pushed.WrongFormat},
		{program, private, "2", &pushed.Private},
	} {
		if image.registry.Address == "" {
			continue
		}
		packed, err := Pack(image.program, runtime.GOARCH, image.tag)
		if err != nil {
			return App{}, err
		}
		if *image.into, err = Push(ctx, image.registry, packed, "app:"+image.tag); err != nil {
			return App{}, err
		}
	}
	return pushed, nil
}
