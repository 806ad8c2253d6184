package policies

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestRecentKeepsWhatIsInUse holds that a document which is asked for now and then is
// remembered while many others come and go.
func TestRecentKeepsWhatIsInUse(t *testing.T) {
	r := newRecent[int]()
	busy := &manifest.Document{}
	made := 0
	ask := func(d *manifest.Document) { r.of(d, func() int { made++; return made }) }
	ask(busy)
	for range 10_000 {
		ask(&manifest.Document{})
		before := made
		if ask(busy); made != before {
			t.Fatalf("what is in use was forgotten after %d documents", made)
		}
	}
	if made != 10_001 {
		t.Errorf("%d were made for 10,001 documents", made)
	}
}

// TestRecentForgets holds that documents are not held for good.
func TestRecentForgets(t *testing.T) {
	r := newRecent[int]()
	first := &manifest.Document{}
	made := 0
	ask := func(d *manifest.Document) { r.of(d, func() int { made++; return made }) }
	ask(first)
	for range 10_000 {
		ask(&manifest.Document{})
	}
	before := made
	if ask(first); made != before+1 {
		t.Error("the first of many documents is still remembered")
	}
}
