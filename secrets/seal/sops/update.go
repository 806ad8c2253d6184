package sops

import (
	"bytes"
	"slices"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// UpdateRecipients brings the recipients of an encrypted file to those of Options.Rule.
// Who is added gets the data key of the file; all else stays. Where somebody is
// removed, or the groups change, the file gets a new data key and all values are
// encrypted anew, since who had the old key may keep it: Result.Rotated says so. What
// the removed have read they still know.
//
// Which values are encrypted stays as it is; where the rule says otherwise a Note does.
func UpdateRecipients(name string, source []byte, o Options) (Result, error) {
	return answer(name, func() (Result, error) { return updateRecipients(name, source, o.withDefaults(name)) })
}

func updateRecipients(name string, source []byte, o Options) (Result, error) {
	e, err := open(name, source, o)
	if err != nil {
		return Result{}, err
	}
	defer e.close()
	if len(recipients(o.Rule.Groups)) == 0 {
		return Result{}, refuse(0, "name a recipient in the creation rule", "the rule names nobody who could open the file").because(NoRecipient)
	}
	d := compare(e.meta, o.Rule)
	notes := e.drift(o.Rule)
	if d.same() {
		return Result{Text: source, Notes: notes}, nil
	}
	var r Result
	if d.why == "" {
		r, err = e.share(d)
	} else {
		r, err = e.rotate(o.Rule, d)
	}
	if err != nil {
		return Result{}, err
	}
	r.Notes = append(r.Notes, notes...)
	return r, judge(name, r.Text, source, o)
}

// difference is between the recipients of a file and those of a rule.
type difference struct {
	added []Recipient
	why   string // why a new data key is needed, or ""
}

func (d difference) same() bool { return d.why == "" && len(d.added) == 0 }

// compare finds who is to be added, and whether the data key must change.
func compare(m metadata, rule Rule) difference {
	now := m.recipients()
	var d difference
	var removed []Recipient
	for i, group := range now {
		if i < len(rule.Groups) {
			removed = append(removed, without(group, rule.Groups[i])...)
		}
	}
	threshold := rule.Threshold
	if threshold == 0 {
		threshold = len(rule.Groups)
	}
	had := m.threshold
	if had == 0 {
		had = len(now)
	}
	switch {
	case len(now) != len(rule.Groups):
		d.why = "the groups of recipients are others than before"
	case len(removed) == 1:
		d.why = names(removed) + " was removed and may keep the old data key"
	case len(removed) > 1:
		d.why = names(removed) + " were removed and may keep the old data key"
	case len(now) > 1 && had != threshold:
		d.why = "another number of groups is needed to open the file"
	}
	if d.why != "" {
		return d
	}
	for i, group := range rule.Groups {
		d.added = append(d.added, without(group, now[i])...)
	}
	if len(now) > 1 && len(d.added) > 0 {
		d.why = "the data key is split, and to add a recipient it is split anew"
	}
	return d
}

// without returns the recipients of a that are not in b.
func without(a, b Group) Group {
	var rest Group
	for _, r := range a {
		if !slices.ContainsFunc(b, r.same) {
			rest = append(rest, r)
		}
	}
	return rest
}

// drift notes what of the rule the file does not follow.
func (e *envelope) drift(rule Rule) []Note {
	if e.options.Format == Binary {
		return nil
	}
	want := rule.Selection
	if want.Field == "" {
		want = defaultSelection
	}
	if same(e.meta.selection, want) && e.meta.macOnly == rule.MACOnlyEncrypted {
		return nil
	}
	return []Note{{Line: e.first().line, Text: "the file was encrypted by another rule of what to encrypt than its creation rule has now: decrypt it and encrypt it again"}}
}

func same(a, b sealed.Selection) bool { return a.Field == b.Field && a.Text == b.Text }

// share encrypts the data key for more recipients.
func (e *envelope) share(d difference) (Result, error) {
	more, err := e.options.Keys.close(e.key, []Group{d.added}, 0, e.options.stamp())
	if err != nil {
		return Result{}, err
	}
	meta := e.meta
	meta.groups = [][]masterKey{append(slices.Clone(e.meta.groups[0]), more[0]...)}
	out, err := e.withMetadata(meta, nil)
	if err != nil {
		return Result{}, err
	}
	return e.finish(out, nil)
}

// rotate encrypts everything with a new data key.
func (e *envelope) rotate(rule Rule, d difference) (Result, error) {
	key := newDataKey()
	defer clear(key)
	c, err := newCipher(key)
	if err != nil {
		return Result{}, err
	}
	meta := e.meta
	meta.threshold = 0
	if len(rule.Groups) > 1 {
		if meta.threshold = rule.Threshold; meta.threshold == 0 {
			meta.threshold = len(rule.Groups)
		}
	}
	if meta.groups, err = e.options.Keys.close(key, rule.Groups, meta.threshold, e.options.stamp()); err != nil {
		return Result{}, err
	}
	meta.modified = e.options.stamp()
	meta.mac = c.encrypt(value{text, e.mac}, meta.address())
	var edits []edit
	var fields []Field
	done := map[*spot]bool{}
	for _, one := range e.list {
		if !one.sealed || done[one.spot] {
			continue
		}
		done[one.spot] = true
		edits = append(edits, e.syntax.seal(e.file, one.spot, c.encrypt(one.plain, one.address))...)
		fields = append(fields, Field{Document: one.document, Path: one.path(), Line: one.line, Comment: one.plain.kind == remarked})
	}
	out, err := e.withMetadata(meta, edits)
	if err != nil {
		return Result{}, err
	}
	next := *e
	next.cipher, next.meta = c, meta
	r, err := next.finish(out, fields)
	if err != nil {
		return Result{}, err
	}
	if bytes.Contains(r.Text, []byte(e.meta.mac)) {
		return Result{}, refuse(0, "", "a part of the file keeps the old data key")
	}
	r.Rotated = d.why
	return r, nil
}

// withMetadata writes metadata in the place of those in every document.
func (e *envelope) withMetadata(meta metadata, edits []edit) ([]byte, error) {
	for i, old := range e.metas {
		if old != nil {
			edits = append(edits, e.syntax.attach(e.file, i, e.syntax.metadata(e.file, i, meta.tree())))
		}
	}
	return e.edited(edits, e.options)
}
