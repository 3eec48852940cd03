package report

import "github.com/bowline-dev/bowline/api/v1alpha1"

// CheckInvariants returns every violated invariant of an App's status.
func CheckInvariants(app *v1alpha1.App) error { return nil }
