package checks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestTransitions shows which objects a check of transitions sees, and in which pairs.
func TestTransitions(t *testing.T) {
	object := func(name, mode string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {mode: %s}\n---\n", name, mode)
	}
	file := func(path, text string, unchanged bool) File {
		return File{Path: path, Unchanged: unchanged, Load: func() ([]byte, error) { return []byte(text), nil }}
	}
	seen := Check{ID: "seen", Category: Policy, Severity: Warning, Transition: func(p *Pass, tr Transition) error {
		say := func(d *manifest.Document) string {
			if d == nil {
				return "nothing"
			}
			return d.Object.Name + "=" + d.Root.Lookup("data", "mode").Str()
		}
		at := tr.Now
		if at == nil {
			at = tr.Before
		}
		p.Report(Report{Where: At(at, "data.mode", nil), Message: say(tr.Before) + " -> " + say(tr.Now)})
		return nil
	}}
	result := Run(context.Background(), Input{
		Checks: []Check{seen}, HasOld: true, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Time: time.Unix(0, 0), Workers: 1,
		Files: []File{
			file("a.yaml", object("changed", "new")+object("same", "x")+object("added", "x"), false),
			file("moved/b.yaml", "# moved\n"+object("moved", "new"), false),
			file("c.yaml", object("untouched", "x"), true),
		},
		Before: []File{
			file("a.yaml", object("same", "x")+object("changed", "old")+object("removed", "x"), false),
			file("b.yaml", object("moved", "old"), false),
		},
	})
	var got []string
	for _, f := range result.Findings {
		got = append(got, f.File+": "+f.Message)
		if !f.New {
			t.Errorf("%s is old debt: a transition happens now", f.Message)
		}
	}
	want := []string{
		"a.yaml: changed=old -> changed=new", "a.yaml: nothing -> added=x", "a.yaml: removed=x -> nothing", "moved/b.yaml: moved=old -> moved=new",
	}
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Error(diff)
	}
}

var sorted = cmp.Transformer("sorted", func(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
})

func TestTransitionsNeedAnOldSide(t *testing.T) {
	result := Run(context.Background(), Input{
		Checks: []Check{{ID: "seen", Transition: func(*Pass, Transition) error { t.Error("it was run"); return nil }}},
		Files:  []File{{Path: "a.yaml", Load: func() ([]byte, error) { return []byte("a: b\n"), nil }}},
		Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0),
	})
	if len(result.NotRun) != 1 || result.NotRun[0].Check != "seen" {
		t.Errorf("not run: %v", result.NotRun)
	}
}
