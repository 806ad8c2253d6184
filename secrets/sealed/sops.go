package sealed

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// SOPS judges one file against what it says of itself, against the creation rule that
// it matches (nil: none, or not known), and against itself before the change (nil:
// there was none). A file that is no file of SOPS has faults only where the rule names
// it, or where it was one. The result is in order of documents.
func SOPS(f *manifest.File, rule *Rule, old *manifest.File) []Fault {
	j := sopsJudge{file: openSOPS(f), rule: rule, before: openSOPS(old)}
	switch {
	case j.file != nil:
		j.encrypted()
	case rule == nil && j.before == nil:
		return nil
	default:
		j.file = plain(f)
		if rule != nil {
			j.demanded(f)
		}
		j.decrypted()
	}
	return j.placed()
}

// sopsJudge is the state of judging one file.
type sopsJudge struct {
	faults
	file, before *sopsFile
	rule         *Rule
	doc          int // index in file.docs of the document at hand
}

// found adds a fault of the document at hand.
func (j *sopsJudge) found(f Fault) {
	f.Document = j.doc
	j.add(f)
}

// placed gives every fault its field and the number of its document.
func (j *sopsJudge) placed() []Fault {
	byDoc := make([][]int, len(j.file.docs))
	for i, f := range j.list {
		byDoc[f.Document] = append(byDoc[f.Document], i)
	}
	for doc, indexes := range byDoc {
		part := make([]Fault, len(indexes))
		for k, i := range indexes {
			part[k] = j.list[i]
		}
		d := j.file.docs[doc]
		if d.meta != nil && d.root.Get("sops") == nil {
			locate(d.meta, part)
		}
		locate(d.root, part)
		for k, i := range indexes {
			part[k].Document = d.index
			j.list[i] = part[k]
		}
	}
	return j.list
}

// encrypted judges a file with metadata.
func (j *sopsJudge) encrypted() {
	lead := Metadata{}
	var first *manifest.Node
	for i := range j.file.docs {
		d := &j.file.docs[i]
		if j.doc = i; d.meta == nil {
			continue
		}
		m, list := readMetadata(d.meta)
		for _, f := range list {
			j.found(f)
		}
		if first == nil {
			first, lead = d.meta, m
			j.againstRule(d.meta, m)
		} else if m.MAC != lead.MAC {
			j.found(fault(onCopies, orParent(d.meta, "mac"), "this document has other metadata than the first, which is the only one that SOPS reads: keep one document in a file, or encrypt the whole file"))
		}
		j.values(d, m)
	}
	j.beside(lead)
	j.cipherComments()
	if j.before != nil {
		j.history()
	}
}

// beside judges the documents without metadata in a file where others have some. Flux
// decrypts object by object, so that only those are meant that hold secrets.
func (j *sopsJudge) beside(lead Metadata) {
	for i := range j.file.docs {
		d := &j.file.docs[i]
		if j.doc = i; d.meta != nil || d.root.Kind != manifest.Map || d.object.Kind != "" && d.object.Kind != "Secret" {
			continue
		}
		w := j.walker(lead.Selection, Selection{})
		w.visit = func(l leaf) bool {
			if l.own && !l.isEmpty() && !l.encrypted && !isReference(l.node.Text) && (d.object.Kind == "" || l.named) {
				j.found(fault(onClearLeaf, l.node, "the document has no metadata of SOPS and this value stands in the clear, though the file is encrypted"))
			}
			return !j.full()
		}
		w.walk(d.root)
		if w.meter.over() {
			j.tooLong(d.root)
		}
	}
}

func (j *sopsJudge) tooLong(n *manifest.Node) {
	j.found(fault(onRegex, n, "matching the expression takes too long, so that not all values were judged by it"))
}

func (j *sopsJudge) walker(own, rule Selection) leafWalker {
	w := leafWalker{own: own, rule: rule}
	w.ownMarks, w.ruleMarks = j.file.comments.marksOf(own), j.file.comments.marksOf(rule)
	return w
}

// values judges every value of a document with metadata.
func (j *sopsJudge) values(d *sopsDoc, m Metadata) {
	rule := m.Selection
	if j.rule != nil && j.rule.Selection.judged() && !j.rule.invalid && !j.file.binary {
		rule = j.rule.Selection
	}
	seen := map[string]pathID{}
	w := j.walker(m.Selection, rule)
	w.visit = func(l leaf) bool {
		switch {
		case l.encrypted:
			j.cipher(l, m.Selection, seen)
		case l.isEmpty():
		case l.own:
			j.found(fault(onClearLeaf, l.node, "this value stands in the clear, and by the rule of the file (%s) it must be encrypted", m.Selection.words()))
		case l.rule:
			j.found(fault(onRuleLeaf, l.node, "this value stands in the clear, and by the creation rule (%s) it must be encrypted", rule.words()))
		}
		return !j.full()
	}
	w.walk(d.root)
	if w.meter.over() {
		j.tooLong(orParent(d.meta, m.Selection.Field))
	}
	j.shadowed(d, m.Selection)
}

// shadowed judges values of keys that stand again: they do not count, and anybody can
// read them.
func (j *sopsJudge) shadowed(d *sopsDoc, own Selection) {
	for i := range d.shadowed {
		dup := &d.shadowed[i]
		if strings.HasPrefix(dup.Path, "sops.") || dup.Path == "sops" || own.byComment() {
			continue
		}
		matched := false
		for _, key := range keysOf(dup.Path) {
			matched = matched || own.matches(key, &meter{})
		}
		w := j.walker(own, Selection{})
		w.visit = func(l leaf) bool {
			if l.own && !l.encrypted && !l.isEmpty() {
				f := fault(onClearLeaf, nil, "the key stands twice, and its first value stands in the clear")
				f.At, f.Field, f.Key = dup.First, dup.Path, dup.Shadowed.Key
				f.Node = l.node
				j.found(f)
				return false
			}
			return true
		}
		w.step(&dup.Shadowed, state{own: matched, depth: 1})
	}
}

// keysOf returns the keys of a path in the notation of manifest.Node.Walk.
func keysOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' || r == '"' })
}

// cipher judges one encrypted value.
func (j *sopsJudge) cipher(l leaf, own Selection, seen map[string]pathID) {
	if reason := encFault(l.node.Text); reason != "" {
		j.found(fault(onGrammar, l.node, "this is no value that SOPS writes: %s", reason))
		return
	}
	if own.judged() && !own.byComment() && !l.own {
		j.found(fault(onDeadLeaf, l.node, "this value is encrypted, and by the rule of the file (%s) SOPS leaves it as it is: what reads it gets the ciphertext", own.words()))
		return
	}
	text := strings.TrimSpace(l.node.Text)
	if path, ok := seen[text]; ok && path != l.path {
		j.found(fault(onTwice, l.node, "the same encrypted value stands under another key as well: it decrypts under one of them alone, and SOPS refuses the file"))
		return
	}
	seen[text] = l.path
}

// cipherComments judges the comments that are encrypted.
func (j *sopsJudge) cipherComments() {
	for _, c := range j.file.comments {
		text := strings.TrimSpace(c.text)
		if !strings.HasPrefix(text, encPrefix) {
			continue
		}
		reason := encFault(text)
		if reason == "" && !strings.HasSuffix(text, ",type:comment]") {
			reason = "its type is not comment"
		}
		if reason != "" {
			f := fault(onGrammar, nil, "this comment is no value that SOPS writes: %s", reason)
			f.At = manifest.Pos{Line: c.line, Column: 1}
			j.doc = 0
			j.found(f)
		}
	}
}

// againstRule compares the metadata with the creation rule.
func (j *sopsJudge) againstRule(meta *manifest.Node, m Metadata) {
	if j.rule == nil || j.rule.invalid {
		return
	}
	if !j.file.binary && m.Selection.judged() && !m.Selection.same(j.rule.Selection) {
		j.found(fault(onSelection, orParent(meta, m.Selection.Field), "the file is encrypted by %s, and its creation rule says %s: what is covered differs", m.Selection.words(), j.rule.Selection.words()))
	}
	if !j.file.binary && m.MACOnlyEncrypted != j.rule.MACOnlyEncrypted {
		one := fault(onMACOnly, orParent(meta, "mac_only_encrypted"), "the MAC of the file is over %s, and by its creation rule it is over %s", macScope(m.MACOnlyEncrypted), macScope(j.rule.MACOnlyEncrypted))
		one.Certain = m.MACOnlyEncrypted // a MAC over more guards more
		j.found(one)
	}
	if len(j.rule.Groups) > 0 && len(m.Groups) > 0 {
		for _, f := range compareGroups(meta, m, j.rule) {
			j.found(f)
		}
	}
}

func macScope(only bool) string {
	if only {
		return "the encrypted values alone"
	}
	return "all values"
}

// compareGroups compares the recipients of a file with those of its rule.
func compareGroups(meta *manifest.Node, m Metadata, rule *Rule) []Fault {
	if len(m.Groups) != len(rule.Groups) {
		return []Fault{fault(onShamir, orParent(meta, "key_groups"), "the file has %d groups of recipients, and its creation rule has %d", len(m.Groups), len(rule.Groups))}
	}
	var list []Fault
	for i := range m.Groups {
		for _, r := range without(rule.Groups[i], m.Groups[i]) {
			list = append(list, fault(onMissing, meta, "%s of the creation rule cannot open the file", r.shown()))
		}
		for _, r := range without(m.Groups[i], rule.Groups[i]) {
			list = append(list, fault(onAdditional, r.node, "%s can open the file and is not in the creation rule", r.shown()))
		}
	}
	if m.Threshold != rule.Threshold {
		list = append(list, fault(onShamir, orParent(meta, "shamir_threshold"), "%d groups open the file, and by its creation rule it takes %d", m.Threshold, rule.Threshold))
	}
	return list
}

// without returns the recipients of a that are not in b.
func without(a, b Group) Group {
	var rest Group
	for _, r := range a {
		found := false
		for _, other := range b {
			found = found || sameRecipient(r, other)
		}
		if !found {
			rest = append(rest, r)
		}
	}
	return rest
}
