// Package helm pins the version of Helm that the chart is tested with.
package helm
