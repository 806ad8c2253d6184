package checks

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// judged is what came of one file.
type judged struct {
	findings  []Finding
	facts     [][]Fact // by index into runner.sayers
	notJudged []NotJudged
	notRun    []NotRun
	opaque    []Opaque
	templated bool
	file      *manifest.File // only where a change check needs it
	sources   []scan.Source  // what generators in it read
	named     []string       // the credentials that the file's name holds
	hash      string         // of the content, where it leaks a value

	bytes               int64
	found, read, broken int // documents
	objects             int
}

// judgeAll judges files on all workers.
func (r *runner) judgeAll(files []File) []judged {
	out := make([]judged, len(files))
	workers := r.in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	total := len(r.in.Files) + len(r.in.Before)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(files)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				out[i] = r.judgeOne(files[i])
				if done := int(r.done.Add(1)); r.in.Progress != nil {
					r.in.Progress(done, total)
				}
			}
		})
	}
	group.Wait()
	return out
}

// judgeOne judges one file by the checks that are for it.
func (r *runner) judgeOne(f File) judged {
	switch {
	case f.Commit == "":
		return r.judge(f)
	case r.inHistory != nil:
		return r.inHistory.judge(f)
	}
	return judged{}
}

// judge judges one file by itself, and its name.
func (r *runner) judge(f File) judged {
	findings, values := r.judgeName(f)
	out := r.judgeFile(f, len(values) == 0)
	out.findings, out.named = append(out.findings, findings...), values
	return out
}

func (r *runner) judgeFile(f File, mayKeep bool) (out judged) {
	out.facts = make([][]Fact, len(r.sayers))
	if f.Opaque != nil {
		out.opaque = append(out.opaque, *f.Opaque)
		return out
	}
	if r.stopped() {
		return r.notReached(f)
	}
	_, generated := r.sources[f.Path]
	remembers := r.remembers() && mayKeep && !generated && !r.keepsFile(f)
	if f.Blob != "" && remembers {
		if known, ok := r.recall(f, r.key(f, f.Blob)); ok {
			return known
		}
	}
	data, err := f.Load()
	if err != nil {
		out.fail(f, NotJudged{Reason: loadReason(err)})
		return out
	}
	var key Key
	if remembers {
		key = r.key(f, cmp.Or(f.Blob, hashOf(data)))
		if known, ok := r.recall(f, key); ok {
			return known
		}
	}
	r.judgeContent(f, data, &out)
	if r.stopped() {
		// What was found may not be all.
		return r.notReached(f)
	}
	if remembers {
		r.keep(key, out)
	}
	return out
}

// stopped tells whether nobody waits for the result any more.
func (r *runner) stopped() bool { return r.ctx.Err() != nil }

// notReached is what came of a file when the run was stopped before it was judged.
func (r *runner) notReached(f File) judged {
	out := judged{facts: make([][]Fact, len(r.sayers))}
	out.fail(f, NotJudged{Reason: "the run was stopped before this file was judged"})
	return out
}

// judgeContent judges a file whose content is there.
func (r *runner) judgeContent(f File, data []byte, out *judged) {
	out.bytes = int64(len(data))
	file, wanted, ok := r.readWanted(f, data)
	if !ok {
		wanted = true
		file, ok = r.read(f, data)
	}
	if !ok {
		out.fail(f, NotJudged{Reason: "the reader failed on this file, which is a fault in Gatehouse"})
		return
	}
	r.account(f, file, out)
	if !wanted || r.stopped() {
		return
	}
	r.check(f, file, out)
	if len(r.secrets) > 0 {
		out.sources = sourcesOf(file)
	}
	if slices.ContainsFunc(out.findings, func(f Finding) bool { return f.leaks() }) {
		out.hash = hashOf(data)
	}
	if r.keepsFile(f) {
		out.file = file
	}
}

func (r *runner) read(f File, data []byte) (file *manifest.File, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return manifest.Read(f.Path, data, r.in.Limits.Until(r.stopped)), true
}

// ErrTooLarge is what a Load returns for a file over the limit, so that it need
// not be read to be refused.
var ErrTooLarge = errors.New("the file is larger than the limit " + manifest.LimitFileBytes)

// loadReason words an error of Load; those of the operating system name paths
// and nothing else.
func loadReason(err error) string {
	if errors.Is(err, ErrTooLarge) {
		return ErrTooLarge.Error()
	}
	return fmt.Sprintf("the file cannot be read: %v", err)
}

func (j *judged) fail(f File, n NotJudged) {
	n.File, n.Line, n.New = f.Path, max(n.Line, 1), !f.Unchanged
	j.notJudged = append(j.notJudged, n)
}

// account lists what of a file is judged and what is not.
func (r *runner) account(f File, file *manifest.File, out *judged) {
	out.found, out.broken = file.Found, len(file.Broken)
	out.read = out.found - out.broken
	for _, b := range file.Broken {
		if f.Commit != "" {
			// It cannot be applied any more; what is readable of it has been judged.
			continue
		}
		out.fail(f, NotJudged{Line: b.At.Line, Reason: b.Reason})
	}
	for _, d := range file.Documents {
		if d.IsObject() && !d.Templated {
			out.objects++
		}
	}
	switch file.Form {
	case manifest.FormLFS:
		out.opaque = append(out.opaque, Opaque{File: f.Path, Line: 1, What: "Git LFS pointer", Reason: "the content is kept by Git LFS, outside the repository"})
	case manifest.FormTemplate:
		for _, at := range file.Templated {
			out.opaque = append(out.opaque, Opaque{File: f.Path, Line: at.Line, What: "template", Reason: "its objects exist only once a template engine outside the tree has filled it in"})
		}
	case manifest.FormHelmTemplate:
		out.templated = true
	}
}

// check runs all file and document checks on one file.
func (r *runner) check(f File, file *manifest.File, out *judged) {
	found := sync.OnceValues(func() ([]scan.Found, []NotJudged) { return r.searchUntil(file, r.stopped) })
	redactFile := sync.OnceValue(func() func(string) string {
		list, _ := found()
		return redactor(file.Documents, list)
	})
	redact := func(s string) string { return redactFile()(s) }
	defer func() {
		if len(out.findings) == 0 {
			return
		}
		list, _ := found()
		identity := identityRedactor(list)
		for i := range out.findings {
			out.findings[i].identityRedactor = identity
		}
	}()
	r.checkSecrets(f, found, redact, out)
	for _, c := range r.file {
		r.guard(f, c, redact, out, func(p *Pass) error { return c.File(p, file) })
	}
	if f.Commit == "" {
		r.fileFacts(f, file, redact, out)
	}
	for _, d := range file.Documents {
		for _, c := range r.document {
			r.guard(f, c, redact, out, func(p *Pass) error { return c.Document(p, d) })
		}
		if f.Commit != "" || d.Templated {
			continue
		}
		for i, c := range r.sayers {
			if c.Facts == nil {
				continue
			}
			r.guard(f, c, redact, out, func(*Pass) error {
				facts := c.Facts(d)
				if c.Quotes {
					cutOut(facts, redact)
				}
				out.facts[i] = append(out.facts[i], facts...)
				return nil
			})
		}
	}
}

// cutOut redacts the values of facts.
func cutOut(facts []Fact, redact func(string) string) {
	for i := range facts {
		for k, value := range facts[i].Values {
			facts[i].Values[k] = redact(value)
		}
	}
}

// fileFacts collects what tree checks want to know of a file by itself.
func (r *runner) fileFacts(f File, file *manifest.File, redact func(string) string, out *judged) {
	for i, c := range r.sayers {
		if c.FileFacts == nil {
			continue
		}
		r.guard(f, c, redact, out, func(*Pass) error {
			out.facts[i] = append(out.facts[i], c.FileFacts(file)...)
			return nil
		})
	}
}

// guard runs one check on one subject. An error or a panic becomes not judged,
// with the check's name and, of a panic, nothing of its value.
func (r *runner) guard(f File, c *Check, redact func(string) string, out *judged, run func(*Pass) error) {
	p := r.pass(f.Path, c, redact)
	p.Changed = r.changed(f)
	defer func() {
		if recover() != nil {
			out.fail(f, NotJudged{Check: c.ID, Reason: "the check failed on this file, which is a fault in Gatehouse"})
		}
	}()
	if err := run(p); err != nil {
		out.fail(f, NotJudged{Check: c.ID, Reason: redact(err.Error())})
		return
	}
	for i := range p.findings {
		p.findings[i].subject = f.Path
	}
	out.findings = append(out.findings, p.findings...)
	out.notJudged, out.notRun = append(out.notJudged, p.notJudged...), append(out.notRun, p.notRun...)
}

func (r *runner) pass(file string, c *Check, redact func(string) string) *Pass {
	return &Pass{Context: r.ctx, Time: r.in.Time, Layout: r.layout, Applied: r.in.Applied, Users: r.in.Users, Request: r.in.Request, file: file, check: c, redact: redact}
}
