package main

import (
	"errors"
	"strconv"
	"strings"
)

// realNodes is how many real nodes there are unless a number is given: enough
// for one of them to fail.
const realNodes = 2

// nodes is the value of the flag --nodes: a number of simulated nodes, "real" or
// "real:" and a number.
type nodes struct {
	real  bool
	count int
}

func (n nodes) String() string {
	if n.real {
		return "real:" + strconv.Itoa(n.count)
	}
	return strconv.Itoa(n.count)
}

// Set parses the flag.
func (n *nodes) Set(value string) error {
	kind, number, numbered := strings.Cut(value, ":")
	switch {
	case value == "real":
		*n = nodes{real: true, count: realNodes}
		return nil
	case numbered && kind == "real":
		n.real = true
	default:
		n.real, number = false, value
	}
	count, err := strconv.Atoi(number)
	if err != nil {
		return errors.New(`want a number of simulated nodes, "real" or, for example, "real:1"`)
	}
	n.count = count
	return nil
}
