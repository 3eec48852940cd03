// Package load is a client that sends requests all the time and counts those
// that fail: on a new connection each, and on connections that are kept.
package load
