// Package resolve reads what an App refers to: its image reference, ConfigMaps,
// Secrets, and the services it binds. It turns them into the inputs of a Release,
// or says what is missing and what to do about it. (What an image's tag stands for
// is asked by package registry.)
//
// Content is read from the API server only when the version of an object is
// not known yet; whether it moved is seen in metadata, which is all that is
// cached of foreign objects. No value of a Secret leaves this package but to be
// written to one: in the content of a copy, in a digest key, in generated values.
package resolve
