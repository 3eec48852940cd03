package tree

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
)

// Age is how long ago something was made.
func Age(now time.Time, created metav1.Time) string {
	if created.IsZero() {
		return ""
	}
	return duration.HumanDuration(now.Sub(created.Time))
}

// Text is a report for people.
func Text(r Report, now time.Time, paint screen.Paint) string {
	w := writer{now: now, paint: paint}
	return w.summary(r) + "\n" + w.tree(r)
}

type writer struct {
	now   time.Time
	paint screen.Paint
	rows  [][]screen.Cell
}

// summary is what a person wants to know first.
func (w *writer) summary(r Report) string {
	mark := r.mark()
	rows := [][]screen.Cell{
		{screen.Plain("App:"), {Text: r.Name, Paint: w.paint.Bold}},
		{screen.Plain("Namespace:"), screen.Plain(r.Namespace)},
		{screen.Plain("Status:"), w.marked(mark, mark.Symbol()+" "+r.status())},
	}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []screen.Cell{screen.Plain(name), screen.Plain(value)})
		}
	}
	add("Message:", r.Message)
	add("Image:", r.Image)
	add("Releases:", r.roles())
	add("Pods:", r.counts())
	if len(r.Hidden) > 0 {
		add("Hidden:", "you may not list "+strings.Join(r.Hidden, " and ")+" in this namespace")
	}
	return screen.Table(rows)
}

// status is the reason of Ready, or that it speaks of an earlier spec.
func (r Report) status() string {
	switch {
	case r.Reason == "":
		return "the operator has not looked at it yet"
	case !r.Current:
		return r.Reason + " (of an earlier spec: the operator has not looked at the newest one yet)"
	}
	return r.Reason
}

func (r Report) mark() screen.Mark {
	switch {
	case !r.Current:
		return screen.Moving
	case r.Ready == string(metav1.ConditionTrue):
		return screen.Good
	case r.Stalled:
		return screen.Bad
	}
	return screen.Moving
}

func (r Report) roles() string {
	var roles []string
	for _, role := range []struct{ is, name string }{{"desired", r.Desired}, {"running", r.Running}, {"last healthy", r.LastHealthy}} {
		if role.name != "" {
			roles = append(roles, role.name+" "+role.is)
		}
	}
	return strings.Join(roles, ", ")
}

func (r Report) counts() string {
	wanted := ""
	if r.Range != "" {
		wanted = r.Range + " wanted, "
	}
	return fmt.Sprintf("%s%d there, %d ready, %d up to date, %d available", wanted, r.Pods.Total, r.Pods.Ready, r.Pods.UpToDate, r.Pods.Available)
}

// tree are the App and what is below it.
func (w *writer) tree(r Report) string {
	w.rows = [][]screen.Cell{{{Text: "NAME", Paint: w.paint.Dim}, {Text: "KIND", Paint: w.paint.Dim}, {Text: "STATUS", Paint: w.paint.Dim}, {Text: "AGE", Paint: w.paint.Dim}, {Text: "INFO", Paint: w.paint.Dim}}}
	w.add("", r.Name, "App", r.mark(), r.shortStatus(), r.Created, "")
	last := len(r.Releases) + len(r.Others) - 1
	for i, release := range r.Releases {
		branch, below := branches("", i == last)
		w.release(branch, below, release)
	}
	for i, set := range r.Others {
		branch, below := branches("", len(r.Releases)+i == last)
		w.replicaSet(branch, below, set, "of a Release that is not kept")
	}
	return screen.Table(w.rows)
}

func (r Report) shortStatus() string {
	if r.Reason == "" {
		return "NotObserved"
	}
	return r.Reason
}

// branches are what stands before a thing's name, and before those of what is
// below it.
func branches(above string, last bool) (branch, below string) {
	if last {
		return above + "└─", above + "  "
	}
	return above + "├─", above + "│ "
}

func (w *writer) release(branch, below string, r Release) {
	mark, status := r.Mark()
	info := append([]string{r.Image, "cause " + r.Cause}, r.Roles...)
	w.add(branch, r.Name, "Release", mark, status, r.Created, strings.Join(info, ", "))
	for i, set := range r.ReplicaSets {
		branch, below := branches(below, i == len(r.ReplicaSets)-1)
		w.replicaSet(branch, below, set, "")
	}
}

// Mark is how a Release fares, and in one word.
func (r Release) Mark() (screen.Mark, string) {
	switch {
	case r.Healthy == string(metav1.ConditionTrue):
		return screen.Good, r.Reason
	case r.Healthy == string(metav1.ConditionFalse):
		return screen.Bad, r.Reason
	case r.Superseded:
		return screen.None, "Superseded"
	}
	return screen.Moving, r.Reason
}

func (w *writer) replicaSet(branch, below string, s *ReplicaSet, info string) {
	mark := screen.Moving
	switch {
	case s.Wanted == 0 && len(s.Pods) == 0:
		mark = screen.None
	case s.Ready == s.Wanted:
		mark = screen.Good
	}
	w.add(branch, s.Name, "ReplicaSet", mark, fmt.Sprintf("%d/%d ready", s.Ready, s.Wanted), s.Created, info)
	for i, pod := range s.Pods {
		branch, _ := branches(below, i == len(s.Pods)-1)
		w.pod(branch, pod)
	}
}

func (w *writer) pod(branch string, p Pod) {
	mark := screen.Moving
	switch {
	case p.IsReady:
		mark = screen.Good
	case p.Failing:
		mark = screen.Bad
	}
	info := []string{"ready " + p.Ready}
	if p.Restarts > 0 {
		info = append(info, "restarts "+strconv.Itoa(int(p.Restarts)))
	}
	if p.Message != "" {
		info = append(info, oneLine(p.Message))
	}
	w.add(branch, p.Name, "Pod", mark, p.Reason, p.Created, strings.Join(info, ", "))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// ageWidth keeps the columns still while ages grow.
const ageWidth = 5

// AgeColumn is an age where other columns follow.
func AgeColumn(now time.Time, created metav1.Time) screen.Cell {
	return screen.Plain(fmt.Sprintf("%-*s", ageWidth, Age(now, created)))
}

func (w *writer) add(branch, name, kind string, mark screen.Mark, status string, created metav1.Time, info string) {
	w.rows = append(w.rows, []screen.Cell{
		screen.Plain(branch + name),
		{Text: kind, Paint: w.paint.Dim},
		w.marked(mark, mark.Symbol()+" "+status),
		AgeColumn(w.now, created), screen.Plain(info),
	})
}

func (w *writer) marked(mark screen.Mark, text string) screen.Cell {
	return screen.Cell{Text: text, Paint: func(text string) string { return w.paint.Marked(mark, text) }}
}
