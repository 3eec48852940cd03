// Package report says how an App is doing: its status, that of its Releases,
// and the events of the step from one status to the next.
package report
