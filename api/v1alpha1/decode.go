package v1alpha1

import (
	"encoding/json"

	kjson "sigs.k8s.io/json"
)

// UnmarshalJSON reads a spec. What the schema admits and these types do not
// hold (a port of eleven digits, a quantity that no number stands for) does not
// fail: one App that cannot be read would keep a watch from delivering any. It
// is noted in Unreadable instead, and the rest of the spec is empty.
func (s *AppSpec) UnmarshalJSON(data []byte) error {
	type plain AppSpec
	var read plain
	err := kjson.UnmarshalCaseSensitivePreserveInts(data, &read)
	*s = readable(AppSpec(read), err)
	return nil
}

// readable is what was read, or why it could not be.
func readable(read AppSpec, err error) AppSpec {
	if err != nil {
		return AppSpec{Unreadable: err.Error()}
	}
	return read
}

var _ json.Unmarshaler = &AppSpec{}
