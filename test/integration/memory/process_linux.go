package memory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// region is a part of a process's memory.
type region struct{ from, to uint64 }

// regions returns what a process can write to: its heap, its stacks and its
// variables.
func regions(pid int) ([]region, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer func() { _ = maps.Close() }()
	var found []region
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var r region
		var access string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &r.from, &r.to, &access); err != nil {
			return nil, fmt.Errorf("read /proc/%d/maps: %w", pid, err)
		}
		if strings.HasPrefix(access, "rw") {
			found = append(found, r)
		}
	}
	return found, lines.Err()
}

// count tells how often a text stands in a process's memory, in what is in use
// and in what has not been overwritten since. It holds a chunk at a time.
func count(pid int, text string) (times int, err error) {
	all, err := regions(pid)
	if err != nil {
		return 0, err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, memory.Close()) }()
	const chunk = 1 << 20
	buffer := make([]byte, chunk+len(text)-1)
	for _, r := range all {
		for from := r.from; from < r.to; from += chunk {
			n, err := memory.ReadAt(buffer[:min(uint64(len(buffer)), r.to-from)], int64(from))
			if err != nil && !errors.Is(err, io.EOF) && n == 0 {
				break // given back to the kernel meanwhile
			}
			times += bytes.Count(buffer[:n], []byte(text))
		}
	}
	return times, nil
}

// resident is how much memory a process takes, in bytes, as people see it.
func resident(pid int) (int64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if value, found := strings.CutPrefix(line, "Rss:"); found {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("read /proc/%d/smaps_rollup: there is no line Rss", pid)
}
