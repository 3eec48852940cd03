package apptest

import (
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// stepping is a clock that moves only when it is told to. Its times are not
// whole seconds, but all as far from one, as those of package world.
type stepping struct {
	mu   sync.Mutex
	now  time.Time
	made map[string]time.Time // when what was created was created, by kind, namespace and name
}

func newStepping(start time.Time) *stepping {
	return &stepping{now: start, made: map[string]time.Time{}}
}

// Now returns the played time.
func (s *stepping) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Since returns how long ago a played time was.
func (s *stepping) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func (s *stepping) step(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(by)
}

// creates notes that an object is created now. The API server has no other clock
// than the machine's.
func (s *stepping) creates(kind string, object client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[kind+" "+client.ObjectKeyFromObject(object).String()] = s.now
}

// createdAt returns when an object was created in played time, if it was created
// through us.
func (s *stepping) createdAt(kind string, object client.Object) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.made[kind+" "+client.ObjectKeyFromObject(object).String()]
	return at.Truncate(time.Second), ok
}
