// Command app is the application that the end-to-end tests run in real
// containers. It misbehaves on demand: its environment and a file say how, see
// switches.go. It tells of every decision in a line of JSON on standard output.
//
//	app           serves
//	app client    sends requests to an App all the time, and counts those that fail
//
// It uses the standard library alone, so that it is one static binary in an
// image without anything else.
package main
