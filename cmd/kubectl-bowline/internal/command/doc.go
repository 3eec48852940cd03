// Package command is the command line of kubectl bowline: one file for each
// command, which reads, has a pure package think, and writes.
package command
