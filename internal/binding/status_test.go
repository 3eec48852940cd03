package binding_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
)

func TestStatus(t *testing.T) {
	missing := &binding.Problem{Reason: "ServiceNotFound", Message: "no service"}
	forbidden := &binding.Problem{Unknown: true, Reason: "Forbidden", Message: "may not get"}
	refused := &binding.Problem{Reason: "WorkloadRefused", Message: "it has no container"}
	immutable := &binding.Problem{Reason: "WorkloadImmutable", Message: "too late"}
	bound := func(name string) binding.Outcome { return binding.Outcome{Kind: "Deployment", Name: name} }
	not := func(name string, p *binding.Problem) binding.Outcome {
		return binding.Outcome{Kind: "Deployment", Name: name, Problem: p}
	}
	var many []binding.Outcome
	for n := range 8 {
		many = append(many, not(fmt.Sprint(n), refused))
	}
	for name, c := range map[string]struct {
		result           binding.Result
		available, ready string
	}{
		"bound": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{bound("a")}},
			`True Available Secret "s" can be projected`, `True Bound Secret "s" is projected into Deployment "a"`,
		},
		"several bound": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{bound("a"), bound("b")}},
			`True Available Secret "s" can be projected`, `True Bound Secret "s" is projected into 2 workloads`,
		},
		"no service": {
			binding.Result{Service: missing}, `False ServiceNotFound no service`, `False ServiceNotFound no service`,
		},
		"no service any more": {
			binding.Result{Secret: "s", Service: missing, Outcomes: []binding.Outcome{bound("a")}},
			`False ServiceNotFound no service`, `False ServiceNotFound no service; what is projected into 1 workload stays`,
		},
		"service unreadable": {
			binding.Result{Service: forbidden}, `Unknown Forbidden may not get`, `Unknown Forbidden may not get`,
		},
		"no workload": {
			binding.Result{Secret: "s", Workloads: &binding.Problem{Reason: "WorkloadNotFound", Message: "none"}},
			`True Available Secret "s" can be projected`, `False WorkloadNotFound none`,
		},
		"workloads unreadable": {
			binding.Result{Secret: "s", Workloads: forbidden}, `True Available Secret "s" can be projected`, `Unknown Forbidden may not get`,
		},
		"one refused": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{not("a", refused)}},
			`True Available Secret "s" can be projected`, `False WorkloadRefused Deployment "a": it has no container`,
		},
		"one of three refused": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{bound("a"), not("b", refused), bound("c")}},
			`True Available Secret "s" can be projected`, `False WorkloadRefused 2 of 3 workloads bound: Deployment "b": it has no container`,
		},
		"for different reasons": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{not("b", forbidden), not("a", immutable), bound("c")}},
			`True Available Secret "s" can be projected`, `False Several 1 of 3 workloads bound: Deployment "a": too late; Deployment "b": may not get`,
		},
		"all unknown": {
			binding.Result{Secret: "s", Outcomes: []binding.Outcome{not("a", forbidden), not("b", forbidden)}},
			`True Available Secret "s" can be projected`, `Unknown Forbidden 0 of 2 workloads bound: Deployment "a": may not get; Deployment "b": may not get`,
		},
		"more than a message holds": {
			binding.Result{Secret: "s", Outcomes: many},
			`True Available Secret "s" can be projected`,
			`False WorkloadRefused 0 of 8 workloads bound: Deployment "0": it has no container; Deployment "1": it has no container; Deployment "2": it has no container; ` +
				`Deployment "3": it has no container; Deployment "4": it has no container; and 3 more`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			status := binding.Status(time.Unix(100, 0), 7, servicebindingv1.ServiceBindingStatus{}, c.result)
			got := map[string]string{}
			for _, condition := range status.Conditions {
				got[condition.Type] = fmt.Sprintf("%s %s %s", condition.Status, condition.Reason, condition.Message)
				if condition.ObservedGeneration != 7 || condition.LastTransitionTime.Unix() != 100 {
					t.Errorf("%+v", condition)
				}
			}
			if diff := cmp.Diff(map[string]string{"ServiceAvailable": c.available, "Ready": c.ready}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if name := status.Binding; (name == nil) != (c.result.Secret == "") || name != nil && name.Name != c.result.Secret {
				t.Errorf("binding %v", name)
			}
			if status.ObservedGeneration != 7 {
				t.Errorf("observedGeneration %d", status.ObservedGeneration)
			}
		})
	}
}

func TestStatusKeepsTheTimeOfTheTransition(t *testing.T) {
	fine := binding.Result{Secret: "s", Outcomes: []binding.Outcome{{Kind: "Deployment", Name: "a"}}}
	first := binding.Status(time.Unix(100, 0), 1, servicebindingv1.ServiceBindingStatus{Conditions: []metav1.Condition{{Type: "Other"}}}, fine)
	if again := binding.Status(time.Unix(200, 0), 1, first, fine); !cmp.Equal(first, again) {
		t.Errorf("the same again differs: %s", cmp.Diff(first, again))
	}
	fine.Service = &binding.Problem{Reason: "ServiceNotFound", Message: strings.Repeat("ü", 4000)}
	later := binding.Status(time.Unix(300, 0), 1, first, fine)
	for _, c := range later.Conditions {
		if c.Type == "Other" {
			continue
		}
		if c.LastTransitionTime.Unix() != 300 {
			t.Errorf("%s turned at %v", c.Type, c.LastTransitionTime)
		}
		if len(c.Message) > 4096 {
			t.Errorf("%s: a message of %d bytes", c.Type, len(c.Message))
		}
	}
	if len(later.Conditions) != 3 {
		t.Errorf("%d conditions", len(later.Conditions))
	}
}
