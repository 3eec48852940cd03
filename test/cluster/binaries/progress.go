package binaries

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Progress tells a person what a long build is doing: on a terminal it rewrites
// one line every second, elsewhere it adds a line every quarter of a minute.
// A nil Progress says nothing.
type Progress struct {
	out      io.Writer
	terminal bool
}

// NewProgress returns a Progress that writes to out.
func NewProgress(out *os.File) *Progress {
	info, err := out.Stat()
	return &Progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Begin announces a step and repeats it with the seconds it has taken until the
// returned function is called with the step's outcome.
func (p *Progress) Begin(step string) (done func(error)) {
	if p == nil {
		return func(error) {}
	}
	interval := 15 * time.Second
	if p.terminal {
		interval = time.Second
	}
	start := time.Now()
	stop, stopped := make(chan struct{}), make(chan struct{})
	p.show(step)
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				p.show(fmt.Sprintf("%s: %s", step, seconds(start)))
			}
		}
	}()
	return func(err error) {
		close(stop)
		<-stopped
		outcome := "done"
		if err != nil {
			outcome = "failed"
		}
		p.show(fmt.Sprintf("%s: %s after %s", step, outcome, seconds(start)))
		if p.terminal {
			fmt.Fprintln(p.out)
		}
	}
}

func (p *Progress) show(line string) {
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

func seconds(since time.Time) string {
	return fmt.Sprintf("%d s", int(time.Since(since).Seconds()))
}
