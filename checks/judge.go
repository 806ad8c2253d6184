package checks

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// judged is what came of one file.
type judged struct {
	findings  []Finding
	facts     [][]Fact // by index into runner.tree
	notJudged []NotJudged
	opaque    []Opaque
	templated bool
	file      *manifest.File // only where a change check needs it

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
				out[i] = r.judge(files[i])
				if done := int(r.done.Add(1)); r.in.Progress != nil {
					r.in.Progress(done, total)
				}
			}
		})
	}
	group.Wait()
	return out
}

// judge judges one file by itself.
func (r *runner) judge(f File) (out judged) {
	out.facts = make([][]Fact, len(r.tree))
	if f.Opaque != nil {
		out.opaque = append(out.opaque, *f.Opaque)
		return out
	}
	if err := r.ctx.Err(); err != nil {
		out.fail(f, NotJudged{Reason: "the run was stopped before this file was judged"})
		return out
	}
	remembers := r.remembers() && f.Commit == ""
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
	if !remembers {
		r.judgeContent(f, data, &out)
		return out
	}
	key := r.key(f, cmp.Or(f.Blob, hashOf(data)))
	if known, ok := r.recall(f, key); ok {
		return known
	}
	r.judgeContent(f, data, &out)
	r.keep(key, out)
	return out
}

// judgeContent judges a file whose content is there.
func (r *runner) judgeContent(f File, data []byte, out *judged) {
	out.bytes = int64(len(data))
	file, ok := r.read(f, data)
	if !ok {
		out.fail(f, NotJudged{Reason: "the reader failed on this file, which is a fault in Gatehouse"})
		return
	}
	r.account(f, file, out)
	r.check(f, file, out)
	if len(r.change) > 0 && r.in.HasOld && !f.Unchanged {
		out.file = file
	}
}

func (r *runner) read(f File, data []byte) (file *manifest.File, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return manifest.Read(f.Path, data, r.in.Limits), true
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
	redactFile := sync.OnceValue(func() func(string) string { return redactor(file.Documents) })
	redact := func(s string) string { return redactFile()(s) }
	defer func() {
		if len(out.findings) == 0 {
			return
		}
		identity := identityRedactor(file.Documents)
		for i := range out.findings {
			out.findings[i].identityRedactor = identity
		}
	}()
	for _, c := range r.file {
		if f.judgedBy(c) {
			r.guard(f, c, redact, out, func(p *Pass) error { return c.File(p, file) })
		}
	}
	for _, d := range file.Documents {
		for _, c := range r.document {
			if f.judgedBy(c) {
				r.guard(f, c, redact, out, func(p *Pass) error { return c.Document(p, d) })
			}
		}
		if f.Commit != "" || d.Templated {
			continue
		}
		for i, c := range r.tree {
			r.guard(f, c, redact, out, func(*Pass) error {
				out.facts[i] = append(out.facts[i], c.Facts(d)...)
				return nil
			})
		}
	}
}

// judgedBy tells whether a check judges f. What only history holds is never
// applied, but it can be read: only its secrets count.
func (f File) judgedBy(c *Check) bool { return f.Commit == "" || c.Category == Secrets }

// inHistory marks a finding in content that only history holds.
func (f *Finding) inHistory(commit string) {
	f.Origins = append(f.Origins, Origin{File: f.File, Line: f.Line, What: "commit " + commit})
	f.Message += " It is gone from the latest state and stays in the history, in commit " + commit[:min(len(commit), 12)] + "."
	f.Fix = "Rotate the value: squashing or deleting does not take back what has been pushed."
}

// guard runs one check on one subject. An error or a panic becomes not judged,
// with the check's name and, of a panic, nothing of its value.
func (r *runner) guard(f File, c *Check, redact func(string) string, out *judged, run func(*Pass) error) {
	p := r.pass(c, redact)
	defer func() {
		if recover() != nil {
			out.fail(f, NotJudged{Check: c.ID, Reason: "the check failed on this file, which is a fault in Gatehouse"})
		}
	}()
	if err := run(p); err != nil {
		out.fail(f, NotJudged{Check: c.ID, Reason: redact(err.Error())})
		return
	}
	if f.Commit != "" {
		for i := range p.findings {
			p.findings[i].inHistory(f.Commit)
		}
	}
	out.findings = append(out.findings, p.findings...)
}

func (r *runner) pass(c *Check, redact func(string) string) *Pass {
	return &Pass{Context: r.ctx, Time: r.in.Time, Layout: r.layout, check: c, redact: redact}
}
