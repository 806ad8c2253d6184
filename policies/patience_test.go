package policies

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// TestPatienceEnds asks a policy that never ends no more than some times in a run.
func TestPatienceEnds(t *testing.T) {
	var p patience
	pass := &checks.Pass{Context: context.Background()}
	asked := 0
	slow := func() error { asked++; return rego.ErrDeadline }
	for range 10 {
		if err := p.try(pass, "slow", slow); err == nil {
			t.Fatal("what was not judged has passed")
		}
	}
	if asked != mostOverruns {
		t.Errorf("asked %d times, want %d", asked, mostOverruns)
	}
	if err := p.try(pass, "slow", slow); !errors.Is(err, errImpatient) {
		t.Errorf("the reason is %v", err)
	}
	if err := p.try(pass, "quick", func() error { return nil }); err != nil {
		t.Errorf("another policy: %v", err)
	}
	if err := p.try(pass, "failing", func() error { return errors.New("a rule gives two different values") }); errors.Is(err, errImpatient) {
		t.Error("a policy that fails is taken for a slow one")
	}
	asked = 0
	for range 10 {
		_ = p.try(&checks.Pass{Context: context.Background(), Applied: true}, "slow", slow)
	}
	if asked != 10 {
		t.Errorf("at admission asked %d of 10 times", asked)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	var other patience
	for range 5 {
		_ = other.try(&checks.Pass{Context: ended}, "cut short", slow)
	}
	if other.lost.Load() {
		t.Error("the end of the run is taken for slowness")
	}
}
