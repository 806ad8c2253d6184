package admission

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestBudgetIsNeverOverspent(t *testing.T) {
	const whole = 10
	b := budget{free: whole}
	var used, most atomic.Int64
	var group sync.WaitGroup
	for i := range 200 {
		amount := int64(i%whole + 1)
		group.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+i%20)*time.Millisecond)
			defer cancel()
			if err := b.take(ctx, amount); err != nil {
				return
			}
			now := used.Add(amount)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			time.Sleep(100 * time.Microsecond)
			used.Add(-amount)
			b.give(amount)
		})
	}
	group.Wait()
	if most.Load() > whole || b.free != whole || len(b.waiting) != 0 {
		t.Errorf("%d of %d were used at once; %d are free in the end and %d wait", most.Load(), whole, b.free, len(b.waiting))
	}
}

func TestBudgetServesInOrder(t *testing.T) {
	b := budget{free: 2}
	if err := b.take(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	order := make(chan int, 2)
	go func() { _ = b.take(context.Background(), 2); order <- 1; b.give(2) }()
	waitFor(t, func() bool { return waitingIn(&b) == 1 })
	go func() { _ = b.take(context.Background(), 1); order <- 2; b.give(1) }()
	waitFor(t, func() bool { return waitingIn(&b) == 2 })
	b.give(1) // enough for the second, whose turn it is not
	if n := waitingIn(&b); n != 2 {
		t.Errorf("%d wait, want both", n)
	}
	b.give(1)
	if first := <-order; first != 1 {
		t.Error("the second was served first")
	}
}

func waitingIn(b *budget) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

func TestOneThatGivesUpLeavesItsTurn(t *testing.T) {
	b := budget{free: 1}
	ctx, cancel := context.WithCancel(context.Background())
	large := make(chan error, 1)
	go func() { large <- b.take(ctx, 2) }()
	waitFor(t, func() bool { return waitingIn(&b) == 1 })
	small := make(chan error, 1)
	go func() { small <- b.take(context.Background(), 1) }()
	waitFor(t, func() bool { return waitingIn(&b) == 2 })
	cancel()
	if err := <-large; !errors.Is(err, errOverload) {
		t.Errorf("error %v, want that of an overload", err)
	}
	if err := <-small; err != nil {
		t.Errorf("error %v", err)
	}
}

func TestPlaces(t *testing.T) {
	q := newQueue(8)
	for _, tt := range []struct {
		body string
		want int64
	}{
		{`{"a":1}`, 1},
		{`{"type":"helm.sh/release.v1"}`, 4},
		{`[` + strings.Repeat("0,", 3*valuesOnePlace) + `0]`, 4},
		{`[` + strings.Repeat("0,", 100*valuesOnePlace) + `0]`, 8},
	} {
		if got := q.placesFor([]byte(tt.body)); got != tt.want {
			t.Errorf("%.40s takes %d places, want %d", tt.body, got, tt.want)
		}
	}
	if got := newQueue(1).placesFor([]byte(`{"type":"helm.sh/release.v1"}`)); got != 1 {
		t.Errorf("a release takes %d places of one", got)
	}
}

func TestMeasure(t *testing.T) {
	for _, tt := range []struct {
		text          string
		depth, values int
	}{
		{``, 0, 0},
		{`"[[,"`, 0, 0},
		{`"\"[,"`, 0, 0},
		{`"\\"`, 0, 0},
		{`{"a":[1,2,{"b":"]"}]}`, 3, 5},
	} {
		if depth, values := measure([]byte(tt.text)); depth != tt.depth || values != tt.values {
			t.Errorf("measure(%s) = %d, %d, want %d, %d", tt.text, depth, values, tt.depth, tt.values)
		}
	}
}

func TestLinesKeepTheObject(t *testing.T) {
	raw := []byte(`{"a":{"b":[1,"x y",null,{}]}}`)
	out := lines(raw)
	if bytes.Count(out, []byte("\n")) < 8 {
		t.Errorf("the text stays on few lines:\n%s", out)
	}
	if got := bytes.ReplaceAll(out, []byte("\n"), nil); string(got) != `{"a": {"b": [1,"x y",null,{}]}}` {
		t.Errorf("the text is another: %s", got)
	}
}

func freeIn(b *budget) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free
}
