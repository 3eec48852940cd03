// Package resolve is the only reader of what an App refers to: its image
// reference, ConfigMaps and Secrets. It turns them into the inputs of a
// Release, or says what is missing and what to do about it.
//
// Content is read from the API server only when the version of an object is
// not known yet; whether it moved is seen in metadata, which is all that is
// cached of foreign objects. No value of a Secret leaves this package but in
// the content of a copy.
package resolve
