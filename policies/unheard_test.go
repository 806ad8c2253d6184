package policies_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policies"
)

// What a policy reads under data and nothing gives is said once, where it stands.
func TestUnknownData(t *testing.T) {
	source := policies.Source{
		Policies: filesIn(`-- a.rego --
package team.a
import data.lib.names
deny contains "x" if {
	not input.kind in data.allowed.kinds
	not names.known[input.metadata.name]
	data.inventory.cluster
}
deny contains "y" if input.kind in data.allowed.others
-- lib.rego --
package lib.names
known := data.given.names
`),
		Data: []policies.File{{Path: "x.yaml", Data: []byte("given: {names: {}}\n")}},
	}
	about := func() (list []string) {
		set, faults := policies.Load(source)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for _, n := range set.Notices {
			if strings.Contains(n.Message, "nothing gives") {
				list = append(list, n.Error())
			}
		}
		return list
	}
	if got := about(); len(got) != 1 || !strings.HasPrefix(got[0], "a.rego:4: nothing gives data.allowed") {
		t.Errorf("got %q", got)
	}
	source.Data[0].Data = []byte("given: {names: {}}\nallowed: {kinds: []}\n")
	if got := about(); got != nil {
		t.Errorf("where it is given: %q", got)
	}
}

// Rules that nobody asks, and those of which nothing is heard, are said.
func TestUnheard(t *testing.T) {
	set, faults := policies.Load(policies.Source{Policies: filesIn(`-- typo.rego --
package team.typo
denied contains "x" if input.kind
-- lib.rego --
package lib.names
ok(name) if name != ""
-- more.rego --
package lib.more
import data.lib.names
fine(name) if names.ok(name)
-- used.rego --
package team.used
import data.lib.more
deny contains "x" if not more.fine(input.metadata.name)
-- bool.rego --
package team.flag

deny if input.kind == "Pod"
violation_listed := ["x"] if input.kind == "Pod"
`)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, n := range set.Notices {
		if !strings.Contains(n.Message, "no tests") {
			got = append(got, n.Error())
		}
	}
	if len(got) != 2 || !strings.HasPrefix(got[0], "bool.rego:3: the rule deny gives no message") || !strings.HasPrefix(got[1], "typo.rego:1: nothing here is asked") {
		t.Errorf("got %q", got)
	}
}
