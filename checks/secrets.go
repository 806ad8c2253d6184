package checks

import (
	"bytes"
	"context"
	"path"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/archive"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// SecretRules are users' own rules of what a secret is.
type SecretRules struct {
	// Find gives the parts of a text that a rule finds; nil where there are no rules.
	// complete is false where a limit has cut the search short. It is called from any
	// goroutine.
	Find func(path string, text []byte) (ranges []scan.Range, complete bool)
	// Digest identifies the rules.
	Digest string
}

// onlySecrets tells whether all checks of this run look at nothing but what a file
// holds of secrets.
func (r *runner) onlySecrets() bool {
	return len(r.secrets) > 0 && len(r.file)+len(r.document)+len(r.tree)+len(r.transition)+len(r.change) == 0
}

// readWanted reads the documents of a file that may hold a secret, where nothing but
// secrets counts in this run. What cannot be read, or may not, is never left out, so that
// it is accounted for as in every run. wanted is false where nothing need be searched, ok
// where the whole file has to be read.
func (r *runner) readWanted(f File, data []byte) (file *manifest.File, wanted, ok bool) {
	if _, generated := r.sources[f.Path]; generated || r.in.Rules.Find != nil || !r.onlySecrets() {
		return nil, true, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	sweeper, known := r.sweepers.Get().(*scan.Sweeper)
	if !known {
		sweeper = &scan.Sweeper{Stop: r.stopped}
	}
	defer r.sweepers.Put(sweeper)
	may := sweeper.Documents(f.Path, data)
	if may == nil {
		return nil, true, false
	}
	file, wanted = manifest.ReadWhere(f.Path, data, r.in.Limits.Until(r.stopped), may)
	return file, wanted, true
}

// search finds what a file holds that is, or may be taken for, a secret; what an
// archive holds, file by file. What it could not look into is listed, without the
// file. It goes on in a run that was stopped, since reports are redacted by it.
func (r *runner) search(file *manifest.File) (found []scan.Found, unseen []NotJudged) {
	return r.searchUntil(file, func() bool { return false })
}

// searchUntil does so until stop is true. Then what it gives is not all.
func (r *runner) searchUntil(file *manifest.File, stop func() bool) (found []scan.Found, unseen []NotJudged) {
	defer func() {
		if recover() != nil {
			found, unseen = nil, []NotJudged{{Reason: "the search for secrets failed on this file, which is a fault in Gatehouse"}}
		}
	}()
	options := scan.Options{Stop: stop, Limit: func(name string, line uint32) {
		unseen = append(unseen, NotJudged{Line: line, Reason: "the search for secrets stopped at the limit " + name})
	}}
	if source, ok := r.sources[file.Path]; ok {
		options.Source = &source
	}
	if find := r.in.Rules.Find; find != nil {
		options.Rules = func(path string, text []byte) []scan.Range {
			ranges, complete := find(path, text)
			if !complete {
				unseen = append(unseen, NotJudged{Reason: "the repository's own rules for secrets find more here than one search may, and it was cut short"})
			}
			return ranges
		}
	}
	if file.Path == "" && options.Rules == nil && isPlainName(file.Text) && !token.MayHold(file.Text) {
		return nil, nil
	}
	if file.Form != manifest.FormBinary || !archive.Is(file.Text) {
		return scan.File(file, options), unseen
	}
	err := archive.Walk(file.Text, archive.DefaultLimits(), func(name string, data []byte) error {
		if stop() {
			return context.Canceled
		}
		member := manifest.Read(path.Join(file.Path, name), data, r.in.Limits.Until(stop))
		for _, b := range member.Broken {
			if b.Limit != "" {
				unseen = append(unseen, NotJudged{Reason: "a file of the archive is over the limit " + b.Limit})
			}
		}
		for _, f := range scan.File(member, options) {
			f.Member = name
			found = append(found, f)
		}
		return nil
	})
	if err != nil {
		unseen = append(unseen, NotJudged{Reason: err.Error()})
	}
	return found, unseen
}

// isPlainName tells of the name of a file, a line for each part, that nothing is set in
// it: of what may leak it can hold only a credential of a recognised form.
func isPlainName(text []byte) bool {
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && bytes.IndexByte([]byte("\n._-+"), c) < 0 {
			return false
		}
	}
	return true
}

// checkSecrets runs the checks that look at secrets.
func (r *runner) checkSecrets(f File, search func() ([]scan.Found, []NotJudged), redact func(string) string, out *judged) {
	if len(r.secrets) == 0 {
		return
	}
	found, unseen := search()
	if r.stopped() {
		return
	}
	for _, n := range unseen {
		out.fail(f, n)
	}
	if len(found) == 0 {
		return
	}
	for _, c := range r.secrets {
		r.guard(f, c, redact, out, func(p *Pass) error { return c.Secrets(p, found) })
	}
}

// Found is the place of what a search for secrets found in the file of this pass.
// Of an archive it is the archive itself.
func (p *Pass) Found(f scan.Found) Location {
	l := Location{File: p.file, At: f.At, EndLine: f.EndLine, Field: f.Field}
	if f.Document != nil {
		l.Object = f.Document.Object
	}
	if f.Member != "" {
		l.At, l.EndLine = manifest.Pos{}, 0
	}
	return l
}
