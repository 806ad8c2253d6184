package scan

import (
	"strings"
	"unicode/utf16"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// flow judges the flow maps on a line of YAML that could not be read: {user: ops,
// password: x}. The keys around a map say what its values are for.
func (w *walker) flow(line string, number uint32, st state) {
	r := flowReader{text: line}
	r.read()
	for _, f := range r.out {
		if f.quiet {
			continue
		}
		at := manifest.Pos{Line: number, Column: uint32(len(utf16.Encode([]rune(line[:f.at])))) + 1}
		st := st
		st.above, st.pushed = f.above, f.above != "" && w.promise(f.above) >= secrets.Suggests
		w.judgeFlow(value{key: f.key, text: f.text, raw: f.text, at: at, end: number}, st)
	}
}

// judgeFlow is setting for a value with keys above it.
func (w *walker) judgeFlow(v value, st state) {
	if w.judge(w.tree, v, st) {
		w.remember(v.raw, v.at.Line, v.end)
	}
}

// flowField is a value of a flow map.
type flowField struct {
	key, text, above string
	at               int
	quiet            bool
}

// flowReader reads the flow maps and lists of a line. It takes anything for a value up to
// the sign that ends one.
type flowReader struct {
	text  string
	maps  []flowMap
	out   []flowField
	above string // the keys of the maps around, joined by dots
}

// flowMap is an open map or list.
type flowMap struct {
	above       string
	name, value flowField // of a pair that stands in it
	quiet       bool
}

// maxFlow is how deep flow maps are followed.
const maxFlow = 32

func (r *flowReader) read() {
	key, quiet := "", false
	for at := 0; at < len(r.text); {
		switch c := r.text[at]; {
		case c == '{' || c == '[':
			if len(r.maps) < maxFlow {
				r.maps = append(r.maps, flowMap{above: r.above, quiet: quiet})
				if key != "" {
					r.above = pushed(r.above, key)
				}
			}
			quiet = quiet || isReferenceKey(key)
			key = ""
			at++
		case c == '}' || c == ']':
			quiet = r.shut(quiet)
			key = ""
			at++
		case c == ',':
			key = ""
			at++
		case c == ' ' || c == '\t' || c == '-' && at+1 < len(r.text) && r.text[at+1] == ' ':
			at++
		default:
			text, end := r.scalar(at)
			if next := skipBlanks(r.text, end); next < len(r.text) && r.text[next] == ':' && (next+1 == len(r.text) || strings.IndexByte(" \t{[\"'", r.text[next+1]) >= 0) {
				key, at = text, next+1
				continue
			}
			if key != "" {
				r.field(flowField{key: key, text: text, above: r.above, at: at, quiet: quiet})
			}
			at = max(end, at+1)
		}
	}
}

// shut ends a map, and gives what quiet was before it.
func (r *flowReader) shut(quiet bool) bool {
	n := len(r.maps)
	if n == 0 {
		return quiet
	}
	m := r.maps[n-1]
	r.maps, r.above = r.maps[:n-1], m.above
	if m.name.text != "" && m.value.text != "" {
		m.value.key, m.value.above = m.name.text, ""
		r.out = append(r.out, m.value)
	} else if m.value.text != "" {
		r.out = append(r.out, m.value)
	}
	return m.quiet
}

// field takes a value: of a pair it waits for the name.
func (r *flowReader) field(f flowField) {
	if n := len(r.maps); n > 0 && isNameKey(f.key) {
		r.maps[n-1].name = f
	} else if n > 0 && isValueKey(f.key) {
		r.maps[n-1].value = f
	} else {
		r.out = append(r.out, f)
	}
}

// scalar reads a plain or quoted text, and gives the offset behind it.
func (r *flowReader) scalar(at int) (text string, end int) {
	if quote := r.text[at]; quote == '"' || quote == '\'' {
		if i := strings.IndexByte(r.text[at+1:], quote); i >= 0 {
			return r.text[at+1 : at+1+i], at + i + 2
		}
	}
	if strings.HasPrefix(r.text[at:], "ENC[") {
		if i := strings.IndexByte(r.text[at:], ']'); i > 0 { // a ciphertext of SOPS, with commas in it
			return r.text[at : at+i+1], at + i + 1
		}
	}
	end = at
	for end < len(r.text) && strings.IndexByte(",{}[]", r.text[end]) < 0 {
		if strings.HasPrefix(r.text[end:], "${") {
			if i := strings.IndexByte(r.text[end:], '}'); i > 0 {
				end += i + 1
				continue
			}
		}
		if r.text[end] == ':' && (end+1 == len(r.text) || r.text[end+1] == ' ') || r.text[end] == '#' && end > at && r.text[end-1] == ' ' {
			break
		}
		end++
	}
	return strings.TrimSpace(r.text[at:end]), end
}

func skipBlanks(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
}
