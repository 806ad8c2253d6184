package sops

import (
	"bytes"
	"strings"
)

// dotenvSyntax reads and writes lines KEY=value as SOPS does (stores/dotenv/store.go):
// a value is all that stands behind the sign, quotes included, and \n in it is a line
// break. A carriage return before the end of a line is a part of its value.
type dotenvSyntax struct{}

// metadataPrefix begins the names of metadata.
const metadataPrefix = "sops_"

func (dotenvSyntax) read(source []byte, limits readLimits) (*file, error) {
	f := &file{syntax: dotenvSyntax{}, text: source, lines: newLines(source), brk: "\n"}
	root := &node{shape: isMap, line: 1, span: extent{0, len(source)}}
	var flat []*node
	meta := extent{-1, -1}
	for at := 0; at < len(source); at = f.lines.next(at) {
		if limits.nodes--; limits.nodes < 0 {
			return nil, refuse(0, "", "the file has too many lines")
		}
		end := at + len(bytes.TrimSuffix(source[at:f.lines.next(at)], []byte("\n")))
		n, err := dotenvLine(source, at, end)
		if err != nil {
			err.Line = f.lines.number(at)
			return nil, err
		}
		if n == nil {
			continue
		}
		n.line = f.lines.number(at)
		n.spot.line = n.line
		name, isMeta := strings.CutPrefix(n.key, metadataPrefix)
		if n.shape == isComment || !isMeta {
			root.items = append(root.items, n)
			continue
		}
		if meta.start < 0 {
			meta.start = at
		} else if len(bytes.TrimSpace(source[meta.end:at])) > 0 {
			return nil, refuse(n.line, "put the lines sops_… together", "the metadata of SOPS do not stand together").because(Broken)
		}
		meta.end = end
		n.key = name
		flat = append(flat, n)
	}
	f.docs, f.metas = []*node{root}, []*node{nil}
	if len(flat) > 0 {
		f.metas[0] = unflatten(flat)
		f.metas[0].span, f.metas[0].line = meta, f.lines.number(meta.start)
	}
	return f, nil
}

// dotenvLine reads one line; nil for a blank one.
func dotenvLine(source []byte, at, end int) (*node, *Error) {
	line := source[at:end]
	switch i := bytes.IndexByte(line, '='); {
	case len(line) == 0:
		return nil, nil
	case line[0] == '#':
		return &node{shape: isComment, value: value{remarked, string(line[1:])}, spot: &spot{extent: extent{at + 1, end}, form: commentForm}}, nil
	case i < 0:
		return nil, refuse(0, "write KEY=value, or a # at its beginning", "a line is neither empty, nor a comment, nor KEY=value").because(Broken)
	default:
		s := &spot{extent: extent{at + i + 1, end}, form: rawForm}
		v := value{text, strings.ReplaceAll(string(line[i+1:]), `\n`, "\n")}
		return &node{key: string(line[:i]), value: v, spot: s, keyAt: extent{at, at + i}, span: s.extent}, nil
	}
}

func (dotenvSyntax) seal(_ *file, s *spot, ciphertext string) []edit {
	return []edit{{s.extent, ciphertext}}
}

func (dotenvSyntax) open(_ *file, s *spot, v value, _ bool) ([]edit, bool) {
	if s.form == commentForm {
		return []edit{{s.extent, v.text}}, !strings.Contains(v.text, "\n")
	}
	return []edit{{s.extent, flatText(v)}}, v.kind != remarked
}

func (dotenvSyntax) metadata(f *file, _ int, meta *node) string {
	var rows []string
	flatten(meta, "", func(name string, v value) { rows = append(rows, metadataPrefix+name+"="+flatText(v)) })
	return strings.Join(rows, f.brk)
}

func (dotenvSyntax) attach(f *file, document int, entry string) edit {
	return f.attachLines(f.metas[document], entry)
}

// attachLines writes lines in the place of old metadata, or at the end of the text. A
// text without a line break at its end gets none.
func (f *file) attachLines(old *node, block string) edit {
	end := len(f.text)
	switch {
	case old != nil:
		return edit{old.span, block}
	case end > 0 && !endsLine(f.text):
		return edit{extent{end, end}, f.brk + block}
	}
	return edit{extent{end, end}, block + f.brk}
}

func (dotenvSyntax) entryStart(f *file, document int) int { return f.metas[document].span.start }

func (dotenvSyntax) detach(f *file, document int) edit { return f.detachLines(f.metas[document].span) }

func (f *file) detachLines(gone extent) edit {
	gone.end = f.lines.next(gone.end)
	if gone.end == len(f.text) && !endsLine(f.text) && !f.endBreak {
		gone.start = f.lines.beforeBreak(gone.start, f.brk)
	}
	return edit{extent: gone}
}

func (dotenvSyntax) insert(f *file, below *node, keys []string, ciphertext string) (edit, error) {
	key := keys[len(keys)-1]
	if len(keys) > 1 || below != f.docs[0] || key == "" || key[0] == '#' || strings.ContainsAny(key, "=\r\n") || strings.HasPrefix(key, metadataPrefix) {
		return edit{}, refuse(0, "", "a key of this name cannot stand in a dotenv file")
	}
	at := f.metas[0].span.start
	return edit{extent{at, at}, key + "=" + ciphertext + f.brk}, nil
}

func (dotenvSyntax) remove(f *file, _, which *node) (edit, error) {
	return edit{extent: extent{which.keyAt.start, f.lines.next(which.span.end)}}, nil
}
