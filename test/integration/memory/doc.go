// Package memory holds what is checked of the operator's memory: that it keeps
// nothing of ConfigMaps and Secrets that no App refers to. It looks into the
// memory of the operator's process, and so runs on Linux only.
package memory
