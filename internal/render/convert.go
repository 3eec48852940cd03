package render

import (
	"encoding/json"
	"fmt"
)

// convert turns an API type into its apply configuration. Both have the same
// JSON, so it is the way through which no field is lost, also none that a
// later version of Kubernetes adds.
//
// It cannot fail for a type and its own apply configuration; if it does, the
// two are not a pair, and no input can put that right.
func convert[To, From any](from *From) *To {
	data, err := json.Marshal(from)
	if err != nil {
		panic(fmt.Sprintf("render: %T has no JSON: %v", from, err))
	}
	to := new(To)
	if err := json.Unmarshal(data, to); err != nil {
		panic(fmt.Sprintf("render: %T is not the apply configuration of %T: %v", to, from, err))
	}
	return to
}

// convertAll converts every element of a list.
func convertAll[To, From any](from []From) []*To {
	to := make([]*To, 0, len(from))
	for i := range from {
		to = append(to, convert[To](&from[i]))
	}
	return to
}
