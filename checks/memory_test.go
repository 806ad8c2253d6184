package checks

import (
	"errors"
	"sync"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/google/go-cmp/cmp"
)

// shelf is a Memory in a map.
type shelf struct {
	sync.Mutex
	records map[Key][]byte
	hits    int
}

func (s *shelf) memory() Memory {
	return Memory{
		Version: "test",
		Recall: func(k Key) ([]byte, bool) {
			s.Lock()
			defer s.Unlock()
			record, ok := s.records[k]
			if ok {
				s.hits++
			}
			return record, ok
		},
		Keep: func(k Key, record []byte) {
			s.Lock()
			defer s.Unlock()
			s.records[k] = record
		},
	}
}

// plainCheck reports without citing a value.
func plainCheck(id string) Check {
	return Check{ID: id, Category: Policy, Severity: Warning, Document: func(p *Pass, d *manifest.Document) error {
		p.Report(Report{Where: At(d, "data.k", d.Root.Lookup("data", "k")), Message: "message", Fix: "fix"})
		return nil
	}}
}

func memoryInput(s *shelf) Input {
	facts := Check{
		ID: "facts", Category: Policy, Severity: Error,
		Facts: func(d *manifest.Document) []Fact {
			return []Fact{{Kind: "k", Key: d.Object.Name, Values: []string{"a", ""}, Where: At(d, "", nil)}}
		},
		Tree: func(p *Pass, tree Tree) error {
			for _, f := range tree.Facts {
				p.Report(Report{Where: f.Where, Message: f.Kind + f.Key + f.Values[0]})
			}
			return nil
		},
	}
	return Input{
		Files: []File{
			textFile("a.yaml", object("a", "x")), textFile("chart/templates/b.yaml", "{{ if }}\na: b\n"), textFile("x.j2.yaml", "{% if %}\na: {{ b }}\n"),
		},
		Checks: []Check{plainCheck("plain"), facts}, Memory: s.memory(),
		Layout: Layout{Environments: []Environment{{Name: "all", Paths: []string{"**"}}}},
	}
}

func TestMemoryGivesTheSameResult(t *testing.T) {
	s := &shelf{records: map[Key][]byte{}}
	first := run(t, memoryInput(s))
	if s.hits != 0 || len(s.records) != 3 {
		t.Fatalf("hits %d, records %d after the first run; want 0 and 3", s.hits, len(s.records))
	}
	second := run(t, memoryInput(s))
	if s.hits != 3 {
		t.Errorf("hits %d in the second run, want 3", s.hits)
	}
	if diff := cmp.Diff(first, second, ignoreInner, cmp.Comparer(func(a, b Plaintext) bool { return a == b })); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
}

func TestMemoryDependsOnAllThatCounts(t *testing.T) {
	change := map[string]func(*Input){
		"content": func(in *Input) { in.Files[0] = textFile("a.yaml", object("a", "y")) },
		"path":    func(in *Input) { in.Files[0] = textFile("b.yaml", object("a", "x")) },
		"version": func(in *Input) { in.Memory.Version = "other" },
		"checks":  func(in *Input) { in.Checks = append(in.Checks, plainCheck("more")) },
		"day":     func(in *Input) { in.Time = noon.AddDate(0, 0, 1) },
		"limits":  func(in *Input) { in.Limits = manifest.DefaultLimits(); in.Limits.Depth = 7 },
	}
	for name, apply := range change {
		t.Run(name, func(t *testing.T) {
			s := &shelf{records: map[Key][]byte{}}
			in := memoryInput(s)
			in.Files = in.Files[:1]
			run(t, in)
			in = memoryInput(s)
			in.Files = in.Files[:1]
			apply(&in)
			run(t, in)
			if s.hits != 0 {
				t.Error("a verdict was recalled that no longer holds")
			}
		})
	}
}

func TestMemoryKeepsNoSecretAndNothingUnjudged(t *testing.T) {
	s := &shelf{records: map[Key][]byte{}}
	failing := Check{ID: "failing", Document: func(_ *Pass, d *manifest.Document) error {
		if d.Object.Name == "fails" {
			return errors.New("cannot tell")
		}
		return nil
	}}
	run(t, Input{
		Files: []File{
			textFile("cites.yaml", object("a", "bad")), textFile("fails.yaml", object("fails", "x")), textFile("broken.yaml", "kind: [\napiVersion: x\n"),
		},
		Checks: []Check{wordCheck("cites", Policy), failing}, Memory: s.memory(),
	})
	if len(s.records) != 0 {
		t.Errorf("kept %d records, want none", len(s.records))
	}
}

func FuzzDecodeJudged(f *testing.F) {
	s := &shelf{records: map[Key][]byte{}}
	in := memoryInput(s)
	in.Time, in.Limits = noon, manifest.DefaultLimits()
	Run(f.Context(), in)
	for _, record := range s.records {
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		j, err := decodeJudged(record, 1)
		if err != nil {
			return
		}
		if again, err := decodeJudged(encodeJudged(j), 1); err != nil || len(again.findings) != len(j.findings) {
			t.Errorf("a record does not survive: %v", err)
		}
	})
}
