package sops

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

var byteOrderMark = []byte("\uFEFF")

// read takes a text apart. What the house's reader of manifests refuses is refused
// here, too: its limits hold, and a template has no values to encrypt.
func read(name string, source []byte, o Options) (*file, error) {
	if int64(len(source)) > o.Limits.FileBytes {
		return nil, refuse(0, "", "the file has more than %d bytes", o.Limits.FileBytes).because(Broken)
	}
	mark := []byte(nil)
	limits := readLimits{nodes: o.Limits.FileNodes}
	var s syntax
	switch o.Format {
	case YAML, JSON:
		if err := readable(name, source, o); err != nil {
			return nil, err
		}
		if o.Format == JSON {
			s = jsonSyntax{}
			break
		}
		s = yamlSyntax{}
		if bytes.HasPrefix(source, byteOrderMark) {
			mark, source = source[:3], source[3:]
		}
	case Binary:
		s = jsonSyntax{} // of an encrypted file; a plain one is not read
	case Dotenv:
		s = dotenvSyntax{}
	case INI:
		s = iniSyntax{}
		if bytes.HasPrefix(source, byteOrderMark) {
			mark, source = source[:3], source[3:]
		}
	default:
		return nil, refuse(0, "", "there is no format %q", o.Format)
	}
	f, err := s.read(source, limits)
	if err != nil {
		return nil, err
	}
	f.mark = mark
	return f, nil
}

// readable refuses a file of which the reader of manifests cannot read a part.
func readable(name string, source []byte, o Options) error {
	if !utf8.Valid(source) {
		return refuse(0, "save it as UTF-8", "the file is no UTF-8").because(Broken)
	}
	f := manifest.Read(nameFor(name, o.Format), source, o.Limits)
	switch {
	case len(f.Broken) > 0:
		b := f.Broken[0]
		e := refuse(int(b.At.Line), "mend it first", "a document cannot be read: %s", b.Reason).because(Broken)
		e.limit = b.Limit
		return e
	case len(f.Templated) > 0:
		return refuse(int(f.Templated[0].Line), "encrypt a file with the values, and let the template refer to them", "a document is a template, whose values do not stand in it").because(Broken)
	}
	return nil
}

// nameFor is a name under which a file is taken for its format.
func nameFor(name string, format Format) string {
	if FormatOf(name) == format {
		return name
	}
	switch format {
	case YAML:
		return "file.yaml"
	case JSON:
		return "file.json"
	case Dotenv:
		return "file.env"
	case INI:
		return "file.ini"
	}
	return name
}

// edited makes edits in the text of a file. A ciphertext is some hundred bytes longer
// than its value, so that what comes out may be over the limit.
func (f *file) edited(edits []edit, o Options) ([]byte, error) {
	out, ok := apply(f.text, edits)
	if !ok {
		return nil, refuse(0, "write the file in plain block style", "two changes of the file overlap")
	}
	if int64(len(out)) > o.Limits.FileBytes {
		return nil, refuse(0, "split the file", "encrypted, the file would have more than %d bytes", o.Limits.FileBytes)
	}
	return append(append([]byte(nil), f.mark...), out...), nil
}

// raw is how what stands at a spot is written.
func (f *file) raw(s *spot) string {
	written := string(f.text[s.start:s.end])
	if s.lines.isEmpty() {
		return written
	}
	return written + "\n" + string(f.text[s.lines.start:s.lines.end])
}

// strays gives the comments that SOPS does not see, with what they are bound to: what
// they stand in.
func (f *file) strays(sel *selector) []visited {
	if len(f.stray) == 0 {
		return nil
	}
	var list []visited
	inside := map[*node][]*node{}
	documents := f.written()
	for _, n := range f.stray {
		at := n.spot.start
		i := sort.Search(len(documents), func(i int) bool { return f.docs[documents[i]].span.start > at })
		document := documents[max(i-1, 0)]
		if m := f.metas[document]; m != nil && m.keyAt.start <= at && at < m.span.end {
			continue
		}
		v := visited{node: n, document: document}
		key := false
		for in := f.docs[document]; in != nil; {
			next := in.around(at, inside)
			if next != nil && in.shape == isMap {
				v.trail = &trail{above: v.trail, key: next.key, isKey: true}
				key = key || sel.matchesKey(next.key)
				v.address += next.key + ":"
			}
			in = next
		}
		if v.address == "" {
			v.address = ":"
		}
		v.covered = sel.covers(key, false)
		list = append(list, v)
	}
	return list
}

// written are the documents that are not empty; a text has comments that are not seen
// only where it has one.
func (f *file) written() []int {
	var list []int
	for i, doc := range f.docs {
		if !doc.span.isEmpty() || i == 0 {
			list = append(list, i)
		}
	}
	return list
}

// around returns the map or list in n that an offset lies in, or nil. known keeps the
// maps and lists of each node in their order.
func (n *node) around(at int, known map[*node][]*node) *node {
	list, ok := known[n]
	if !ok {
		for _, item := range n.items {
			if (item.shape == isMap || item.shape == isList) && item.alias == 0 {
				list = append(list, item)
			}
		}
		known[n] = list
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].span.end > at })
	if i == len(list) || list[i].span.start > at {
		return nil
	}
	return list[i]
}
