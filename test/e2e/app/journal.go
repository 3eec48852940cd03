package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

// journal tells what the application decides, a line of JSON each.
type journal struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
	pod string
}

func newJournal(out io.Writer, now func() time.Time) *journal {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return &journal{out: out, now: now, pod: name}
}

// say tells of a decision, with facts that are pairs of a name and a value.
func (j *journal) say(decision string, facts ...any) {
	line := map[string]any{"time": j.now().UTC().Format(time.RFC3339Nano), "pod": j.pod, "decision": decision}
	for i := 0; i+1 < len(facts); i += 2 {
		if name, ok := facts[i].(string); ok {
			line[name] = facts[i+1]
		}
	}
	text, err := json.Marshal(line)
	if err != nil { // a fact that is no value
		text, _ = json.Marshal(map[string]any{"decision": decision, "unreadable": err.Error()})
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.out.Write(append(text, '\n'))
}
