package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// work is what the operator's metrics say of its work on Apps.
type work struct {
	reconciles int // looks at Apps since it started
	waiting    int // Apps that are to be looked at
	working    int // Apps that are being looked at
}

// parseWork reads metrics in their text format. A metric's line is its name
// with labels, a space and the value.
func parseWork(metrics string) (work, error) {
	var w work
	found := false
	for line := range strings.Lines(metrics) {
		name, text := cutLast(strings.TrimSpace(line), " ")
		var sum *int
		switch {
		case strings.HasPrefix(name, "controller_runtime_reconcile_total{"):
			sum = &w.reconciles
		case strings.HasPrefix(name, "workqueue_depth{"):
			sum = &w.waiting
		case strings.HasPrefix(name, "controller_runtime_active_workers{"):
			sum = &w.working
		default:
			continue
		}
		if !strings.Contains(name, `controller="app"`) {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return work{}, fmt.Errorf("read the metric %s: %w", name, err)
		}
		*sum += int(value)
		found = true
	}
	if !found {
		return work{}, errors.New("the operator has no metrics of its work on Apps")
	}
	return w, nil
}
