package report

import (
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// OnlyCounts tells whether two statuses differ in nothing but numbers of pods,
// be it in the counts or in words ("2 of 3 pods available"). Such a difference
// can wait a moment for the next one.
func OnlyCounts(a, b v1alpha1.AppStatus) bool {
	return a.ObservedGeneration == b.ObservedGeneration &&
		a.Release == b.Release &&
		a.Selector == b.Selector &&
		a.Image == b.Image &&
		a.Range == b.Range &&
		sameFailure(a.Failure, b.Failure) &&
		slices.EqualFunc(a.Conditions, b.Conditions, sameButNumbers)
}

// NewStep tells whether a status tells of another step of a rollout than the one
// before, and not only of how far a step is. Which Release runs says the latter.
func NewStep(before, after v1alpha1.AppStatus) bool {
	return before.Release.Desired != after.Release.Desired || before.Release.LastHealthy != after.Release.LastHealthy ||
		before.Failure.Release != after.Failure.Release ||
		reasonOf(before, v1alpha1.ConditionReady) != reasonOf(after, v1alpha1.ConditionReady) ||
		reasonOf(before, v1alpha1.ConditionRolledOut) != reasonOf(after, v1alpha1.ConditionRolledOut)
}

func reasonOf(status v1alpha1.AppStatus, condition string) string {
	if found := find(status.Conditions, condition); found != nil {
		return found.Reason
	}
	return ""
}

func sameFailure(a, b v1alpha1.FailureStatus) bool {
	return a.Release == b.Release && a.Reason == b.Reason && a.Message == b.Message && a.Time.Equal(&b.Time)
}

func sameButNumbers(a, b metav1.Condition) bool {
	return a.Type == b.Type && a.Status == b.Status && a.Reason == b.Reason &&
		a.ObservedGeneration == b.ObservedGeneration &&
		a.LastTransitionTime.Equal(&b.LastTransitionTime) &&
		slices.EqualFunc(strings.Fields(a.Message), strings.Fields(b.Message), sameWord)
}

// sameWord tells whether two words are the same or both are numbers. The name
// of a Release is no number, so that another Release is another word.
func sameWord(a, b string) bool {
	return a == b || isNumber(a) && isNumber(b)
}

func isNumber(word string) bool {
	_, err := strconv.ParseUint(word, 10, 64)
	return err == nil
}
