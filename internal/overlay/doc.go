// Package overlay merges a person's pod template over the generated one, and
// says what it may not touch. It is pure: JSON in, JSON or an error out.
//
// What it promises:
//
//   - An overlay is read strictly: an unknown field, a field that stands twice
//     or a value of the wrong type is an error that names the field in full.
//   - It is merged as kubectl patch merges (strategic merge): objects field by
//     field, lists of named things by their names, other lists as a whole. What
//     was generated stays first in a list, and what was added comes after it in
//     the order in which it was written.
//   - null removes what was generated, where that may be removed. Directives
//     ($patch, $retainKeys, $setElementOrder) are refused.
//   - Of two fields that exclude each other (value and valueFrom of a variable,
//     the handlers of a probe) the overlay's one stays.
//   - What a security profile promises holds for the whole pod: what pod or
//     container do not say of themselves, the profile says. null says nothing.
//   - What has a field of its own that acts beyond the pod (image, ports, the
//     service account, sources) is set there and not here; neither does an
//     overlay take away what the operator finds its pods by, or what it made of
//     the App's other fields.
//
// Check holds an overlay against all of this. Merge asks only that it can be
// read and merged: what an earlier operator let pass runs on as it did.
package overlay
