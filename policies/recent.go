package policies

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// recent remembers something of the documents that are being judged: checks ask one
// after the other of the same document. It holds few, since a document holds its whole
// file, and lets go of the one that was asked for longest ago.
type recent[T any] struct {
	seed  maphash.Seed
	clock atomic.Uint64
	sets  [sets][ways]atomic.Pointer[remembered[T]]
}

// There is room for more documents than there are workers, and for several whose
// addresses lead to one set.
const (
	sets = 16 // a power of two
	ways = 4
)

type remembered[T any] struct {
	doc   *manifest.Document
	used  atomic.Uint64
	value T
}

func newRecent[T any]() *recent[T] { return &recent[T]{seed: maphash.MakeSeed()} }

// of gives what is remembered of a document, which is made where nothing is.
func (r *recent[T]) of(d *manifest.Document, make func() T) T {
	set := &r.sets[maphash.Comparable(r.seed, d)%sets]
	now := r.clock.Add(1)
	oldest, since := 0, now
	for i := range set {
		m := set[i].Load()
		switch {
		case m == nil:
			oldest, since = i, 0
		case m.doc == d:
			m.used.Store(now)
			return m.value
		case m.used.Load() < since:
			oldest, since = i, m.used.Load()
		}
	}
	m := &remembered[T]{doc: d, value: make()}
	m.used.Store(now)
	set[oldest].Store(m)
	return m.value
}
