// Package turns lets only so many Apps roll out the change of one shared
// ConfigMap or Secret at a time, so that a bad one does not meet all of them at
// once.
//
// Who holds a turn stands on objects: an App whose newest Release was made
// because of that source and has neither proved healthy nor failed. Here is only
// what objects do not tell: who waits, who was let go a moment ago, and whose
// turn ended a moment ago. Losing it costs at most the order.
//
//	situation                                           answer
//	--------------------------------------------------  ---------------------------
//	no more Apps use the source than may go at a time   go, there is no line
//	the App holds a turn                                go
//	the line began less than half a second ago          wait: others may come first
//	turns are free for all who come first, and for it   go, and a turn is taken
//	otherwise                                           wait
//
// Those whose own spec changed last come first: somebody looks at them now.
//
// It is safe for concurrent use and asks no clock: the time is an argument.
package turns

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Gather is how long a line waits for all who will stand in it. A change of
	// a source has all its Apps looked at within moments, in any order.
	Gather = 500 * time.Millisecond
	// lookAgain is when somebody who waits asks again, should nobody call. Who
	// has not asked for three times as long does not wait any more.
	lookAgain = time.Minute
	// grace is how long a turn counts that was given and does not show on
	// objects yet.
	grace = time.Minute
	// settle is how long somebody may ask who read objects before a turn showed
	// there, or while one still did that has ended.
	settle = 5 * time.Second
)

// Source is a ConfigMap or Secret.
type Source struct {
	Namespace string
	Kind      string
	Name      string
}

// Claim is what an App asks for: a turn to roll out a change of a source.
type Claim struct {
	Source Source
	Users  int      // how many Apps refer to the source
	Held   []string // the names of the Apps that hold a turn, as objects tell
}

// Turns gives turns. The zero limit gives everybody one.
type Turns struct {
	limit int
	mu    sync.Mutex
	lines map[Source]*line
}

// line are the Apps of one namespace that want a turn for one source.
type line struct {
	began   time.Time
	waiting map[string]wish      // by name
	given   map[string]time.Time // when, until it shows on objects
	ended   map[string]time.Time // when, until objects do not show it any more
}

// wish is an App that waits.
type wish struct {
	changed time.Time // when its own spec changed last
	asked   time.Time
}

// New returns turns for at most limit Apps of a source at a time; 0 is no limit.
func New(limit int) *Turns { return &Turns{limit: limit, lines: map[Source]*line{}} }

// Limit is how many Apps may have a turn for one source, 0 when there is no
// limit.
func (t *Turns) Limit() int { return t.limit }

// Ask asks for a turn for all claims of an App whose own spec changed last at a
// time. It returns whether the App may go, and if not, when to ask again: within
// Gather when nobody knows yet.
func (t *Turns) Ask(now time.Time, app string, changed time.Time, claims []Claim) (ok bool, again time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ok = true
	for _, claim := range claims {
		if !t.inLine(claim) {
			continue
		}
		if until := t.line(claim.Source, now).ask(now, app, changed, claim, t.limit); !until.IsZero() {
			ok = false
			if again.IsZero() || until.Before(again) {
				again = until
			}
		}
	}
	if !ok {
		return false, again
	}
	for _, claim := range claims {
		if t.inLine(claim) {
			t.line(claim.Source, now).give(now, app, claim.Held)
		}
	}
	return true, time.Time{}
}

// Leave takes an App that does not ask any more out of every line, and returns
// whether it stood in one.
func (t *Turns) Leave(namespace, app string) []Source {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []Source
	for source, l := range t.lines {
		if _, ok := l.waiting[app]; ok && source.Namespace == namespace {
			delete(l.waiting, app)
			left = append(left, source)
			t.close(source)
		}
	}
	return left
}

// End notes that the turn of an App has ended. Objects may show that later than
// those who are called ask, and a turn may end before anybody saw it there.
func (t *Turns) End(now time.Time, app string, source Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.lines[source]; ok {
		delete(l.given, app)
		l.ended[app] = now
		t.close(source)
	}
}

// Next returns the names of those who may be called when a turn of a source
// becomes free, who comes first in front.
func (t *Turns) Next(source Source) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.lines[source]
	if !ok {
		return nil
	}
	order := l.order()
	return order[:min(len(order), t.limit)]
}

// All returns the sources of a namespace that somebody waits for.
func (t *Turns) All(namespace string) []Source {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sources []Source
	for source := range t.lines {
		if source.Namespace == namespace {
			sources = append(sources, source)
		}
	}
	return sources
}

// inLine tells whether a claim has to stand in line.
func (t *Turns) inLine(claim Claim) bool { return t.limit > 0 && claim.Users > t.limit }

func (t *Turns) line(source Source, now time.Time) *line {
	l, ok := t.lines[source]
	if !ok {
		l = &line{began: now, waiting: map[string]wish{}, given: map[string]time.Time{}, ended: map[string]time.Time{}}
		t.lines[source] = l
	}
	return l
}

// close forgets a line that nobody stands in.
func (t *Turns) close(source Source) {
	if l := t.lines[source]; len(l.waiting) == 0 && len(l.given) == 0 {
		delete(t.lines, source)
	}
}

// ask puts an App in line, and returns until when it waits, zero when it may go.
func (l *line) ask(now time.Time, app string, changed time.Time, claim Claim, limit int) time.Time {
	l.tidy(now, claim.Held)
	held := l.withoutEnded(claim.Held)
	if _, given := l.given[app]; given || slices.Contains(held, app) {
		return time.Time{}
	}
	if len(l.waiting) == 0 && len(l.given) == 0 {
		l.began = now
	}
	l.waiting[app] = wish{changed: changed, asked: now}
	if until := l.began.Add(Gather); now.Before(until) {
		if soon := now.Add(Gather); soon.Before(until) {
			return soon // a look takes its time: this one began before the line did
		}
		return until
	}
	free := limit - l.taken(held)
	if slices.Index(l.order(), app) < free {
		return time.Time{}
	}
	return now.Add(lookAgain)
}

// give notes that an App was let go.
func (l *line) give(now time.Time, app string, held []string) {
	delete(l.waiting, app)
	if _, given := l.given[app]; !given && !slices.Contains(l.withoutEnded(held), app) {
		l.given[app] = now
	}
}

// taken counts the turns on objects and those that do not show there yet.
func (l *line) taken(held []string) int {
	taken := len(l.given)
	for _, app := range held {
		if _, given := l.given[app]; !given {
			taken++
		}
	}
	return taken
}

// withoutEnded are those of the turns on objects that have not ended.
func (l *line) withoutEnded(held []string) []string {
	return slices.DeleteFunc(slices.Clone(held), func(app string) bool {
		_, ended := l.ended[app]
		return ended
	})
}

// tidy forgets turns that show on objects by now, and all that is too old.
func (l *line) tidy(now time.Time, held []string) {
	for app, at := range l.given {
		// Others may ask with what they read before the turn showed.
		if age := now.Sub(at); slices.Contains(held, app) && age > settle || age > grace {
			delete(l.given, app)
		}
	}
	for app, at := range l.ended {
		if !slices.Contains(held, app) || now.Sub(at) > settle {
			delete(l.ended, app)
		}
	}
	for app, wish := range l.waiting {
		if now.Sub(wish.asked) > 3*lookAgain {
			delete(l.waiting, app)
		}
	}
}

// order is the order in which those who wait may go.
func (l *line) order() []string {
	names := make([]string, 0, len(l.waiting))
	for name := range l.waiting {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(l.waiting[b].changed.Compare(l.waiting[a].changed), strings.Compare(a, b))
	})
	return names
}
