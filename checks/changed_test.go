package checks

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestWhatChangedIsLeftToTheTransition gives a check that sees an object and its change
// each object once, also where verdicts are remembered.
func TestWhatChangedIsLeftToTheTransition(t *testing.T) {
	both := Check{
		ID: "both", Category: Policy, Severity: Error,
		Document: func(p *Pass, d *manifest.Document) error {
			if !p.Changed {
				p.Report(Report{Where: At(d, "", d.Root), Message: "as it is"})
			}
			return nil
		},
		Transition: func(p *Pass, tr Transition) error {
			d := tr.Now
			if d == nil {
				d = tr.Before
			}
			p.Report(Report{Where: At(d, "", d.Root), Message: "as it became", Stood: tr.Before != nil && tr.Now != nil})
			return nil
		},
	}
	const pod, other = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {b: c}}\n"
	file := func(text string, unchanged bool) File {
		return File{Path: "a.yaml", Unchanged: unchanged, Load: func() ([]byte, error) { return []byte(text), nil }}
	}
	records := map[Key][]byte{}
	memory := Memory{
		Version: "1",
		Recall:  func(k Key) ([]byte, bool) { record, ok := records[k]; return record, ok },
		Keep:    func(k Key, record []byte) { records[k] = record },
	}
	for _, tt := range []struct {
		name   string
		files  []File
		hasOld bool
		before []File
		want   []string
	}{
		{"a tree", []File{file(pod, false)}, false, nil, []string{"as it is (new)"}},
		{"new", []File{file(pod, false)}, true, nil, []string{"as it became (new)"}},
		{"unchanged", []File{file(pod, true)}, true, nil, []string{"as it is (old)"}},
		{"changed", []File{file(other, false)}, true, []File{file(pod, false)}, []string{"as it became (old)"}},
		{"changed back", []File{file(pod, false)}, true, []File{file(other, false)}, []string{"as it became (old)"}},
		{"gone", nil, true, []File{file(pod, false)}, []string{"as it became (new)"}},
		{"a tree again", []File{file(pod, false)}, false, nil, []string{"as it is (new)"}},
	} {
		for _, m := range []Memory{{}, memory, memory} {
			r := Run(context.Background(), Input{
				Files: tt.files, HasOld: tt.hasOld, Before: tt.before, Checks: []Check{both}, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Memory: m,
			})
			var got []string
			for _, f := range r.Findings {
				age := " (old)"
				if f.New {
					age = " (new)"
				}
				got = append(got, f.Message+age)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s, remembered %t (-want +got):\n%s", tt.name, m.Recall != nil, diff)
			}
		}
	}
}
