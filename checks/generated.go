package checks

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// A generator of kustomize makes a Secret of files that say nothing of it
// themselves. So the files are judged first, each by itself, and those that turn
// out to be read by a generator once more, as what becomes of them.

// sourcesOf lists what the generators of a file read.
func sourcesOf(file *manifest.File) []scan.Source {
	if file.Form != manifest.FormKustomization {
		return nil
	}
	var kept []scan.Source
	for _, s := range scan.Sources(file) {
		// The whole text of a key of a ConfigMap is a file like any other.
		if s.As == secrets.Held || s.Key == "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// generated collects what the generators of one side read, by the path that they
// read; a Secret counts before a ConfigMap.
type generated map[string]scan.Source

func (g generated) add(results []judged, of func(i int) bool) {
	for i := range results {
		if !of(i) {
			continue
		}
		for _, s := range results[i].sources {
			if known, ok := g[s.Path]; !ok || known.As != secrets.Held {
				g[s.Path] = s
			}
		}
	}
}

// judgeGenerated judges files once more as what generators make of them.
func (r *runner) judgeGenerated(from generated, files []File, results []judged) {
	if len(from) == 0 || len(r.secrets)+len(r.history) == 0 {
		return
	}
	r.sources = from
	if r.inHistory != nil {
		r.inHistory.sources = from
	}
	for i, f := range files {
		if _, ok := from[f.Path]; ok && f.Opaque == nil {
			results[i] = r.judgeOne(f)
		}
	}
}

// judgeAllGenerated does so for both sides. It returns what unchanged files are on
// the old side, where another generator may read them.
func (r *runner) judgeAllGenerated(now, before []judged) (old []judged) {
	old = now
	files := r.in.Files
	on := generated{}
	if r.in.HasOld {
		old = append([]judged(nil), now...)
		on.add(before, func(int) bool { return true })
		on.add(now, func(i int) bool { return files[i].Unchanged })
		r.judgeGenerated(on, r.in.Before, before)
		r.judgeGenerated(on, files, old)
	}
	on = generated{}
	on.add(now, func(i int) bool { return files[i].Commit == "" })
	r.judgeGenerated(on, files, now)
	return old
}
