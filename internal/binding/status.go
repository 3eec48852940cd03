package binding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// Problem says what keeps a service from being projected.
type Problem struct {
	// Unknown tells that nobody knows: something could not be read or tried.
	Unknown bool
	Reason  string
	Message string
}

// Outcome is what came of one workload.
type Outcome struct {
	Kind, Name string
	Problem    *Problem // nil: it is bound
}

// Result is what came of a look at a ServiceBinding.
type Result struct {
	// Secret is the one that is projected, empty if none is.
	Secret string
	// Service is what is wrong with the service or its Secret, nil if nothing is.
	Service *Problem
	// Workloads is why there is none to bind, nil if there is.
	Workloads *Problem
	// Outcomes are those of all workloads that are bound or should be, and of
	// those that should be bound no more and still are.
	Outcomes []Outcome
}

// Status is the status after a look.
//
//	service    workloads              ServiceAvailable  Ready
//	---------  ---------------------  ----------------  -------------------------
//	missing    any                    False             False, as for the service
//	unreadable any                    Unknown           Unknown, likewise
//	there      none                   True              False
//	there      unreadable             True              Unknown
//	there      all bound              True              True
//	there      one or more refused    True              False, with all of them
//	there      one or more not tried  True              Unknown, with all of them
func Status(now time.Time, generation int64, before servicebindingv1.ServiceBindingStatus, r Result) servicebindingv1.ServiceBindingStatus {
	after := servicebindingv1.ServiceBindingStatus{ObservedGeneration: generation, Conditions: slices.Clone(before.Conditions)}
	if r.Secret != "" {
		after.Binding = &servicebindingv1.ServiceBindingSecretReference{Name: r.Secret}
	}
	for _, c := range []metav1.Condition{r.available(), r.ready()} {
		c.ObservedGeneration = generation
		c.LastTransitionTime = metav1.NewTime(now)
		if old := meta.FindStatusCondition(before.Conditions, c.Type); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
		c.Message = bounded(c.Message)
		set(&after.Conditions, c)
	}
	return after
}

// set replaces the condition of a type. It takes the time as it is.
func set(conditions *[]metav1.Condition, c metav1.Condition) {
	if i := slices.IndexFunc(*conditions, func(old metav1.Condition) bool { return old.Type == c.Type }); i >= 0 {
		(*conditions)[i] = c
		return
	}
	*conditions = append(*conditions, c)
}

func (r *Result) available() metav1.Condition {
	if r.Service != nil {
		return r.Service.condition(servicebindingv1.ConditionServiceAvailable)
	}
	return metav1.Condition{
		Type: servicebindingv1.ConditionServiceAvailable, Status: metav1.ConditionTrue, Reason: servicebindingv1.ReasonAvailable,
		Message: fmt.Sprintf("Secret %q can be projected", r.Secret),
	}
}

func (r *Result) ready() metav1.Condition {
	const ready = servicebindingv1.ConditionReady
	if r.Service != nil {
		c := r.Service.condition(ready)
		if bound := r.bound(); bound > 0 {
			c.Message += fmt.Sprintf("; what is projected into %s stays", counted(bound))
		}
		return c
	}
	if r.Workloads != nil {
		return r.Workloads.condition(ready)
	}
	failed := slices.DeleteFunc(slices.Clone(r.Outcomes), func(o Outcome) bool { return o.Problem == nil })
	if len(failed) > 0 {
		return aggregate(failed, len(r.Outcomes)).condition(ready)
	}
	message := fmt.Sprintf("Secret %q is projected into %s", r.Secret, counted(len(r.Outcomes)))
	if len(r.Outcomes) == 1 {
		message = fmt.Sprintf("Secret %q is projected into %s", r.Secret, r.Outcomes[0].title())
	}
	return metav1.Condition{Type: ready, Status: metav1.ConditionTrue, Reason: servicebindingv1.ReasonBound, Message: message}
}

func (r *Result) bound() int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Problem == nil {
			n++
		}
	}
	return n
}

func counted(workloads int) string {
	if workloads == 1 {
		return "1 workload"
	}
	return fmt.Sprintf("%d workloads", workloads)
}

func (o *Outcome) title() string { return fmt.Sprintf("%s %q", o.Kind, o.Name) }

func (p *Problem) condition(kind string) metav1.Condition {
	status := metav1.ConditionFalse
	if p.Unknown {
		status = metav1.ConditionUnknown
	}
	return metav1.Condition{Type: kind, Status: status, Reason: p.Reason, Message: p.Message}
}

// told is how many workloads a message names.
const told = 5

// aggregate makes one problem of those of several workloads. What is known to
// fail outweighs what is not known.
func aggregate(failed []Outcome, all int) *Problem {
	slices.SortFunc(failed, func(a, b Outcome) int { return strings.Compare(a.Name, b.Name) })
	out := &Problem{Unknown: true, Reason: failed[0].Problem.Reason}
	var lines []string
	for i, o := range failed {
		out.Unknown = out.Unknown && o.Problem.Unknown
		if o.Problem.Reason != out.Reason {
			out.Reason = servicebindingv1.ReasonSeveral
		}
		if i < told {
			lines = append(lines, o.title()+": "+o.Problem.Message)
		}
	}
	if more := len(failed) - told; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	out.Message = strings.Join(lines, "; ")
	if all > 1 {
		out.Message = fmt.Sprintf("%d of %s bound: %s", all-len(failed), counted(all), out.Message)
	}
	return out
}

// longest bounds a message, in bytes.
const longest = 4096

func bounded(message string) string {
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest-len("…")], "") + "…"
}
