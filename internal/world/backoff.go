package world

import "time"

const (
	firstBackoff = 10 * time.Second
	lastBackoff  = 300 * time.Second
	// quietAfter without another failure, the back-off starts again at the
	// beginning.
	quietAfter = 2 * lastBackoff
)

// backoff is the kubelet's back-off of one container or image. The first
// failure costs nothing: the entry is only made by the first retry, which
// therefore comes at once, and the second retry waits 10 s.
type backoff struct {
	delay   time.Duration
	updated time.Time
}

// holds tells whether to wait still, at now, after a failure at since.
func (b *backoff) holds(since, now time.Time) bool {
	if b.delay == 0 || since.Sub(b.updated) > quietAfter {
		return false
	}
	return now.Sub(since) < b.delay
}

// next moves to the next delay.
func (b *backoff) next(since, now time.Time) {
	if b.delay == 0 || since.Sub(b.updated) > quietAfter {
		b.delay = firstBackoff
	} else {
		b.delay = min(2*b.delay, lastBackoff)
	}
	b.updated = now
}
