package images

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func program(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnImageHasItsProgramAndNothingElse(t *testing.T) {
	image, err := FromProgram(program(t, "pause", "the program"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.OS + "/" + config.Architecture + " " + strings.Join(config.Config.Entrypoint, " "); got != "linux/"+runtime.GOARCH+" /pause" {
		t.Errorf("got %s", got)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("got %d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	files := tar.NewReader(content)
	header, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(files)
	if err != nil || header.Name != "pause" || header.Mode != 0o755 || string(text) != "the program" {
		t.Errorf("got %s, mode %o, %q, %v", header.Name, header.Mode, text, err)
	}
	if _, err := files.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more: %v", err)
	}
}

func TestTheSameProgramMakesTheSameImage(t *testing.T) {
	digest := func(path string) string {
		image, err := FromProgram(path)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return digest.String()
	}
	one := digest(program(t, "pause", "one"))
	if again := digest(program(t, "pause", "one")); again != one {
		t.Errorf("%s and %s", one, again)
	}
	if two := digest(program(t, "pause", "two")); two == one {
		t.Error("another program makes the same image")
	}
}

func TestAnImageNeedsItsProgram(t *testing.T) {
	if _, err := FromProgram("/nowhere/pause"); err == nil || err.Error() != "make an image: open /nowhere/pause: no such file or directory" {
		t.Errorf("got %v", err)
	}
}
