package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// userAgent begins the operator's user agent: the name of its program. Nobody
// else in the cluster has one like it.
const userAgent = "bowline/"

// request is what an audit log says of a request.
type request struct {
	Verb      string `json:"verb"`
	UserAgent string `json:"userAgent"`
	Object    struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received time.Time `json:"requestReceivedTimestamp"`
}

// class is a sort of request.
type class int

const (
	write class = iota
	event       // a write that tells people of something
	read        // of single objects, or of a namespace
	fill        // a list or watch of all objects of a kind, which fills a cache
	lease       // of the leader's election
	other       // what the API server has to offer
)

var classNames = [...]string{write: "write", event: "event", read: "read", fill: "cache", lease: "lease", other: "other"}

// classify says of which sort a request is.
func classify(r request) class {
	switch r.Object.Resource {
	case "":
		return other
	case "leases":
		return lease
	}
	switch r.Verb {
	case "get":
		return read
	case "list":
		if r.Object.Name != "" || r.Object.Namespace != "" {
			return read
		}
		return fill
	case "watch":
		return fill
	}
	if r.Object.Resource == "events" {
		return event
	}
	return write
}

// span is a time from one instant to before another.
type span struct{ from, to time.Time }

func (s span) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

// line is what requests of one kind have in common.
type line struct {
	class class
	what  string // verb, resource and subresource
}

// tally counts the requests of one kind.
type tally struct {
	requests int
	refused  int            // by an error
	objects  map[string]int // by namespace and name
}

// most is the number of requests that one object got at most.
func (t tally) most() int {
	most := 0
	for _, n := range t.objects {
		most = max(most, n)
	}
	return most
}

// counts are the requests of a span.
type counts map[line]*tally

func (c counts) add(r request) {
	what := strings.TrimSpace(r.Verb + " " + r.Object.Resource)
	if r.Object.Subresource != "" {
		what += "/" + r.Object.Subresource
	}
	key := line{classify(r), what}
	t := c[key]
	if t == nil {
		t = &tally{objects: map[string]int{}}
		c[key] = t
	}
	t.requests++
	t.objects[r.Object.Namespace+"/"+r.Object.Name]++
	if r.Response.Code >= 400 {
		t.refused++
	}
}

// of is the number of requests of a class.
func (c counts) of(wanted class) int {
	n := 0
	for key, t := range c {
		if key.class == wanted {
			n += t.requests
		}
	}
	return n
}

func (c counts) total() int {
	n := 0
	for _, t := range c {
		n += t.requests
	}
	return n
}

// lines are the kinds of requests, in order of class and name.
func (c counts) lines() []line {
	return slices.SortedFunc(maps.Keys(c), func(a, b line) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.what, b.what))
	})
}

// countRequests reads an audit log and counts the requests of a user agent that
// were received in each span. It copies the lines of that agent.
func countRequests(log io.Reader, kept io.Writer, agent string, in ...span) ([]counts, error) {
	all := make([]counts, len(in))
	for i := range all {
		all[i] = counts{}
	}
	mark := []byte(`"userAgent":"` + agent)
	reader := bufio.NewReaderSize(log, 1<<20)
	for {
		text, err := reader.ReadBytes('\n')
		if bytes.Contains(text, mark) {
			var r request
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, fmt.Errorf("read the audit log: %w", err)
			}
			if _, err := kept.Write(text); err != nil {
				return nil, err
			}
			for i, s := range in {
				if s.has(r.Received) {
					all[i].add(r)
				}
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
	}
}
