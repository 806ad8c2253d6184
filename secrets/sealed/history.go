package sealed

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"math"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// history compares a file with itself before the change.
func (j *sopsJudge) history() {
	was, now := contentsOf(j.before), contentsOf(j.file)
	for i := range j.file.docs {
		d := &j.file.docs[i]
		if j.doc = i; d.meta == nil {
			continue
		}
		mac := d.meta.Get("mac").Str()
		before, kept := was[mac]
		if mac == "" || !kept || now[mac].first != i {
			continue
		}
		j.stale(d.meta, before, now[mac])
	}
	j.moved()
	j.removed()
}

// stale reports a MAC that has stayed where what it is made of has not.
func (j *sopsJudge) stale(meta *manifest.Node, was, now contents) {
	at := orParent(meta, "mac")
	switch {
	case was.modified != now.modified:
		j.found(fault(onMAC, at, "lastmodified has changed and the MAC has not: the MAC does not decrypt any more"))
	case was.only != now.only:
		j.found(fault(onMAC, at, "mac_only_encrypted has changed and the MAC has not: it does not hold any more"))
	case was.sum != now.sum:
		f := fault(onMAC, at, "values, or their order, have changed and the MAC has not: SOPS refuses the file, and what does not check the MAC takes what was changed by hand")
		// Encrypted values that only changed places may be equal in the clear, which
		// leaves the MAC as it is.
		f.Certain = was.shape != now.shape || was.values != now.values
		j.found(f)
	}
}

// contents is what a MAC is made of, of all documents that have it.
type contents struct {
	sum      [sha256.Size]byte // of the values in order
	shape    [sha256.Size]byte // the same, of encrypted values the type and length alone
	values   [sha256.Size]byte // of the encrypted values in any order
	modified string
	only     bool
	first    int // the first document that has it
}

// contentsOf returns the contents by MAC.
func contentsOf(s *sopsFile) map[string]contents {
	all := map[string]contents{}
	sums := map[string]*content{}
	for i := range s.docs {
		d := &s.docs[i]
		mac := d.meta.Get("mac").Str()
		if mac == "" {
			continue
		}
		m, _ := readMetadata(d.meta)
		if sums[mac] == nil {
			sums[mac] = &content{sum: sha256.New(), shape: sha256.New()}
			all[mac] = contents{modified: d.meta.Get("lastmodified").Str(), only: m.MACOnlyEncrypted, first: i}
		}
		sum := sums[mac]
		w := leafWalker{own: m.Selection, ownMarks: s.comments.marksOf(m.Selection)}
		w.visit = func(l leaf) bool {
			if l.encrypted || !m.MACOnlyEncrypted {
				sum.take(l)
			}
			return true
		}
		w.walk(d.root)
	}
	for mac, c := range all {
		s := sums[mac]
		c.sum, c.shape, c.values = [sha256.Size]byte(s.sum.Sum(nil)), [sha256.Size]byte(s.shape.Sum(nil)), s.values
		all[mac] = c
	}
	return all
}

// content hashes values in order. SOPS hashes them one behind the other, so that clear
// values next to each other count as one text here as well.
type content struct {
	sum, shape hash.Hash
	values     [sha256.Size]byte
}

func (c *content) take(l leaf) {
	if !l.encrypted {
		text := []byte(macText(l.node))
		c.sum.Write(text)
		c.shape.Write(text)
		return
	}
	text := strings.TrimSpace(l.node.Text)
	fmt.Fprintf(c.sum, "\x00%s\x00", text)
	data, rest, _ := strings.Cut(text, ",iv:")
	_, kind, _ := strings.Cut(rest, ",type:")
	fmt.Fprintf(c.shape, "\x00%d %s\x00", len(data), kind)
	for i, b := range sha256.Sum256([]byte(text)) {
		c.values[i] ^= b
	}
}

// macText is a value as it goes into the MAC (sops.go, ToBytes).
func macText(n *manifest.Node) string {
	switch n.Kind {
	case manifest.Bool:
		if n.Text == "true" {
			return "True"
		}
		return "False"
	case manifest.Number:
		if strings.ContainsAny(n.Text, ".eE") {
			if f, err := strconv.ParseFloat(n.Text, 64); err == nil && !math.IsInf(f, 0) {
				return strconv.FormatFloat(f, 'f', -1, 64)
			}
		}
		return n.Text
	case manifest.String:
		return n.Text
	}
	return ""
}

// homes are the paths at which an encrypted value stands.
type homes map[string][]pathID

// homesOf returns where the encrypted values of a file stand.
func homesOf(s *sopsFile) homes {
	h := homes{}
	for i := range s.docs {
		w := leafWalker{}
		w.visit = func(l leaf) bool {
			if text := strings.TrimSpace(l.node.Text); l.encrypted && len(h[text]) < mostHomes {
				h[text] = append(h[text], l.path)
			}
			return true
		}
		w.walk(s.docs[i].root)
	}
	return h
}

func (h homes) has(text string, path pathID) bool {
	for _, p := range h[text] {
		if p == path {
			return true
		}
	}
	return false
}

// moved finds encrypted values that stood under other keys before.
func (j *sopsJudge) moved() {
	before := homesOf(j.before)
	for i := range j.file.docs {
		j.doc = i
		w := leafWalker{}
		w.visit = func(l leaf) bool {
			text := strings.TrimSpace(l.node.Text)
			if n := len(before[text]); l.encrypted && n > 0 && n < mostHomes && !before.has(text, l.path) {
				j.found(fault(onMoved, l.node, "the encrypted value stood under another key before, and decrypts there alone: set it anew with sops"))
			}
			return !j.full()
		}
		w.walk(j.file.docs[i].root)
	}
}

// removed finds recipients that were taken away while the data key stayed.
func (j *sopsJudge) removed() {
	was, _ := leadOf(j.before)
	now, at := leadOf(j.file)
	if !j.sameKey() {
		return
	}
	for _, r := range without(recipientsOf(was), recipientsOf(now)) {
		j.doc = at
		j.found(fault(onRemoved, j.file.docs[at].meta, "%s was removed and the data key has stayed, which it still knows: run sops rotate, and replace the values", r.shown()))
	}
}

// leadOf returns the metadata that SOPS reads, and the index of their document.
func leadOf(s *sopsFile) (Metadata, int) {
	for i := range s.docs {
		if meta := s.docs[i].meta; meta != nil {
			m, _ := readMetadata(meta)
			return m, i
		}
	}
	return Metadata{}, 0
}

// recipientsOf returns the recipients of all groups.
func recipientsOf(m Metadata) Group {
	var list Group
	for _, g := range m.Groups {
		if len(list)+len(g) > mostRecipients {
			return list
		}
		list = append(list, g...)
	}
	return list
}

// sameKey tells whether the data key is the one before: an encrypted value, or an
// encrypted data key, has stayed.
func (j *sopsJudge) sameKey() bool {
	before := homesOf(j.before)
	for text := range homesOf(j.file) {
		if len(before[text]) > 0 {
			return true
		}
	}
	was, _ := leadOf(j.before)
	now, _ := leadOf(j.file)
	wrapped := map[string]bool{}
	for _, r := range recipientsOf(was) {
		wrapped[r.enc.Str()] = true
	}
	for _, r := range recipientsOf(now) {
		if text := r.enc.Str(); text != "" && wrapped[text] {
			return true
		}
	}
	return false
}
