package admission

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
)

// errOverload is why a call did not get its turn.
var errOverload = errors.New("the gate has too much to do")

// queue bounds what is worked on at one time: the bodies that are held, and the
// requests that are judged. Calls are served in the order in which they came.
type queue struct {
	bodies budget
	judges budget
	places int64 // of judges
}

func newQueue(places int) *queue {
	return &queue{bodies: budget{free: inFlightBytes}, judges: budget{free: int64(places)}, places: int64(places)}
}

// placesFor is how many places a review takes among the judges: one, and more
// where it has so many values that several of its kind would not fit into memory.
// A Helm release may have any number inside.
func (q *queue) placesFor(body []byte) int64 {
	_, values := measure(body)
	places := 1 + int64(values/valuesOnePlace)
	if bytes.Contains(body, []byte(`"`+releaseType+`"`)) {
		places = max(places, (q.places+1)/2)
	}
	return min(places, q.places)
}

// bodySize is what a body of a declared length counts for; one that does not say
// its length counts for the longest.
func bodySize(declared int64) int64 {
	if declared < 0 {
		return bodyBytes
	}
	return min(max(declared, shortestBody), bodyBytes)
}

// budget is an amount of which callers take a part and give it back.
type budget struct {
	mu      sync.Mutex
	free    int64
	waiting []*waiter
}

type waiter struct {
	amount int64
	turn   chan struct{}
}

// take waits until amount is free or ctx ends, and then returns errOverload.
func (b *budget) take(ctx context.Context, amount int64) error {
	b.mu.Lock()
	if len(b.waiting) == 0 && b.free >= amount {
		b.free -= amount
		b.mu.Unlock()
		return nil
	}
	w := &waiter{amount, make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.waiting, w)
	if i < 0 {
		return nil // its turn came at the same moment
	}
	b.waiting = slices.Delete(b.waiting, i, i+1)
	b.serve()
	return errOverload
}

func (b *budget) give(amount int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += amount
	b.serve()
}

// serve gives those their turn for whom enough is free, the first first.
func (b *budget) serve() {
	for len(b.waiting) > 0 && b.free >= b.waiting[0].amount {
		b.free -= b.waiting[0].amount
		close(b.waiting[0].turn)
		b.waiting = slices.Delete(b.waiting, 0, 1)
	}
}
