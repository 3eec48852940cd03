package main

import (
	"fmt"
	"strings"
	"testing"
)

// pod is as much of a Pod as a person reads in `kubectl get pod`.
type pod struct {
	Metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		UID       string            `json:"uid"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Status struct {
		Phase      string `json:"phase"`
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"conditions"`
		ContainerStatuses []containerStatus `json:"containerStatuses"`
	} `json:"status"`
}

type containerStatus struct {
	Name         string         `json:"name"`
	Ready        bool           `json:"ready"`
	Started      bool           `json:"started"`
	RestartCount int            `json:"restartCount"`
	State        containerState `json:"state"`
	LastState    containerState `json:"lastState"`
}

type containerState struct {
	Running *struct {
		StartedAt string `json:"startedAt"`
	} `json:"running"`
	Waiting *struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"waiting"`
	Terminated *struct {
		ExitCode   int    `json:"exitCode"`
		Reason     string `json:"reason"`
		StartedAt  string `json:"startedAt"`
		FinishedAt string `json:"finishedAt"`
	} `json:"terminated"`
}

// String writes the pod's status on one line; it is empty before the containers
// have a status. The pod's own name, which is random, is written POD.
func (p pod) String() string {
	if len(p.Status.ContainerStatuses) == 0 {
		return ""
	}
	parts := []string{p.Status.Phase + ", " + p.readiness()}
	for _, container := range p.Status.ContainerStatuses {
		parts = append(parts, container.String())
	}
	identity := fmt.Sprintf("%s_%s(%s)", p.Metadata.Name, p.Metadata.Namespace, p.Metadata.UID)
	return strings.ReplaceAll(strings.Join(parts, " | "), identity, "POD")
}

// readiness says "ready" or "not ready" when the conditions agree with the
// containers and with one another the way a kubelet's do.
func (p pod) readiness() string {
	var unready []string
	for _, container := range p.Status.ContainerStatuses {
		if !container.Ready {
			unready = append(unready, container.Name)
		}
	}
	got := map[string]string{}
	for _, c := range p.Status.Conditions {
		got[c.Type] = strings.TrimSpace(c.Status + " " + c.Reason + " " + c.Message)
	}
	answer, want := "ready", "True"
	if len(unready) > 0 {
		answer = "not ready"
		want = fmt.Sprintf("False ContainersNotReady containers with unready status: [%s]", strings.Join(unready, " "))
	}
	for condition, want := range map[string]string{
		"PodScheduled": "True", "Initialized": "True", "PodReadyToStartContainers": "True",
		"ContainersReady": want, "Ready": want,
	} {
		if got[condition] != want {
			return fmt.Sprintf("condition %s is %q, want %q", condition, got[condition], want)
		}
	}
	return answer
}

func (c containerStatus) String() string {
	line := c.Name + " " + c.State.String()
	if c.State.Running != nil {
		if !c.Started {
			line = c.Name + " starting"
		}
		if c.Ready {
			line += ", ready"
		} else {
			line += ", not ready"
		}
	}
	switch {
	case c.RestartCount == 1:
		line += ", 1 restart"
	case c.RestartCount > 1:
		line += fmt.Sprintf(", %d restarts", c.RestartCount)
	}
	if c.LastState.Terminated != nil {
		line += " after " + strings.TrimPrefix(c.LastState.String(), "terminated ")
	}
	return line
}

func (s containerState) String() string {
	switch {
	case s.Running != nil && s.Running.StartedAt != "":
		return "running"
	case s.Waiting != nil:
		return fmt.Sprintf("waiting %s (%s)", s.Waiting.Reason, s.Waiting.Message)
	case s.Terminated != nil && s.Terminated.StartedAt != "" && s.Terminated.FinishedAt > s.Terminated.StartedAt:
		return fmt.Sprintf("terminated %s %d", s.Terminated.Reason, s.Terminated.ExitCode)
	}
	return "in no state a kubelet reports"
}

func TestReadinessComplainsOfConditionsThatDisagree(t *testing.T) {
	var p pod
	p.Status.Phase = "Running"
	p.Status.ContainerStatuses = []containerStatus{{Name: "app", Ready: true}}
	if got := p.readiness(); !strings.HasPrefix(got, "condition ") {
		t.Errorf("a ready container without conditions: %q", got)
	}
}
