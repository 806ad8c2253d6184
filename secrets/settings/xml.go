package settings

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// markup reads XML, broken or not: the text of an element is the value of its name,
// an attribute that of its own. Where an element says by an attribute or by the
// element before it what its value is called, that is the key. It follows no entity
// but the five of XML and characters by their number.
type markup struct {
	*reader
	to       int
	elements []element
	deep     int
}

// element is an open element.
type element struct {
	name   string
	path   string
	at     int    // its name
	text   int    // behind its tag
	called string // what its attributes call its value
	before string // the text of the child <name> or <key> read last
	leaf   bool   // it has had no child
}

const (
	maxElements = 64
	maxTag      = 1 << 16 // bytes of a tag
)

func (r *reader) xml(from, to int) {
	m := &markup{reader: r, to: to}
	for at := from; at < to; {
		i := strings.IndexByte(r.text[at:to], '<')
		if i < 0 {
			return
		}
		at = max(m.markupAt(at+i), at+i+1)
	}
}

// markupAt reads what begins with the "<" at at.
func (m *markup) markupAt(at int) int {
	rest := m.text[at:m.to]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		end := m.behind(at+4, "-->")
		if !m.comment {
			m.comment = true
			m.xml(at+4, max(end-3, at+4))
			m.comment = false
		}
		return end
	case strings.HasPrefix(rest, "<![CDATA["):
		return m.behind(at+9, "]]>")
	case strings.HasPrefix(rest, "<?"):
		return m.behind(at+2, "?>")
	case strings.HasPrefix(rest, "<!"):
		return m.behind(at+2, ">")
	case strings.HasPrefix(rest, "</"):
		return m.endTag(at)
	case len(rest) > 1 && (isLetter(rest[1]) || rest[1] == '_'):
		return m.startTag(at)
	}
	return at + 1
}

// behind is the offset behind the next sign, or the end of the text.
func (m *markup) behind(at int, sign string) int {
	if at >= m.to {
		return m.to
	}
	if i := strings.Index(m.text[at:m.to], sign); i >= 0 {
		return at + i + len(sign)
	}
	return m.to
}

func (m *markup) nameEnd(at int) int {
	for at < m.to && (isKeyByte(m.text[at]) || m.text[at] == ':' || m.text[at] >= utf8.RuneSelf) {
		at++
	}
	return at
}

// localName is a name without the prefix of its namespace.
func localName(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }

// startTag reads an opening tag with its attributes.
func (m *markup) startTag(at int) int {
	end := m.nameEnd(at + 1)
	e := element{name: localName(m.text[at+1 : end]), at: at + 1, leaf: true}
	if n := len(m.elements); n > 0 {
		m.elements[n-1].leaf = false
		e.path = m.elements[n-1].path
	}
	e.path = lastParts(m.join(e.path, e.name), 3)
	var attributes []Setting
	at = end
	for at < m.to && m.text[at] != '>' && m.text[at] != '<' && at-end < maxTag {
		if m.text[at] == '/' && at+1 < m.to && m.text[at+1] == '>' {
			m.attributes(&e, attributes)
			return at + 2
		}
		at, attributes = m.attribute(at, attributes)
	}
	m.attributes(&e, attributes)
	if at < m.to && m.text[at] == '>' {
		at++
	}
	e.text = at
	if len(m.elements) == maxElements {
		m.deep++
		return at
	}
	m.elements = append(m.elements, e)
	return at
}

// lastParts keeps the last n parts of a path.
func lastParts(path string, n int) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			if n--; n == 0 {
				return path[i+1:]
			}
		}
	}
	return path
}

const maxAttributes = 64

// attribute reads name="value", or passes by a sign.
func (m *markup) attribute(at int, attributes []Setting) (int, []Setting) {
	end := m.nameEnd(at)
	if end == at {
		return at + 1, attributes
	}
	eq := end
	for eq < m.to && isSpace(m.text[eq]) {
		eq++
	}
	if eq >= m.to || m.text[eq] != '=' {
		return end, attributes
	}
	from := eq + 1
	for from < m.to && isSpace(m.text[from]) {
		from++
	}
	if from >= m.to || m.text[from] != '"' && m.text[from] != '\'' {
		return from, attributes
	}
	stop := m.closing(m.text[from], from+1, min(m.to, from+maxTag), false)
	if stop < 0 {
		return from + 1, attributes
	}
	if len(attributes) < maxAttributes {
		attributes = append(attributes, Setting{
			Key: localName(m.text[at:end]), Value: decodeEntities(m.text[from+1 : stop]), KeyAt: at, At: from + 1, End: stop, Quoted: true,
		})
	}
	return stop + 1, attributes
}

// attributes adds those of an element: under the name of the element, or under what
// one of them calls the value.
func (m *markup) attributes(e *element, attributes []Setting) {
	for _, a := range attributes {
		switch strings.ToLower(a.Key) {
		case "name", "key", "property":
			if e.called == "" {
				e.called = a.Value[:min(len(a.Value), 128)]
			}
		}
	}
	for _, a := range attributes {
		if value := strings.ToLower(a.Key); e.called != "" && (value == "value" || value == "defaultvalue") {
			a.Key = m.join(lastParts(e.path, 1), e.called)
		} else {
			a.Key = m.join(lastParts(e.path, 1), a.Key)
		}
		m.add(a)
	}
}

// endTag reads a closing tag. One that fits none of the open elements is passed by.
func (m *markup) endTag(at int) int {
	end := m.nameEnd(at + 2)
	name := localName(m.text[at+2 : end])
	next := m.behind(end, ">")
	if i := strings.IndexByte(m.text[end:min(next, m.to)], '<'); i >= 0 {
		next = end + i
	}
	if m.deep > 0 {
		m.deep--
		return next
	}
	for n := len(m.elements) - 1; n >= 0; n-- {
		if m.elements[n].name == name {
			e := m.elements[n]
			m.elements = m.elements[:n]
			if e.leaf {
				m.content(&e, at)
			}
			break
		}
	}
	return next
}

// content reads the text of an element that has no children.
func (m *markup) content(e *element, end int) {
	from, to := m.trim(e.text, end)
	value := ""
	if body := m.text[from:to]; strings.HasPrefix(body, "<![CDATA[") && strings.HasSuffix(body, "]]>") && len(body) >= 12 {
		from, to = from+9, to-3
		value = m.text[from:to]
	} else {
		value = decodeEntities(body)
	}
	if value == "" || strings.HasPrefix(value, "<!--") {
		return
	}
	key, keyAt := e.path, e.at
	if e.called != "" {
		key = m.join(lastParts(e.path, 1), e.called)
	}
	if n := len(m.elements); n > 0 {
		parent := &m.elements[n-1]
		switch strings.ToLower(e.name) {
		case "name", "key", "id", "paramname", "param-name", "env-entry-name":
			parent.before = value[:min(len(value), 128)]
		default:
			if parent.called != "" && isValueName(e.name) {
				key = m.join(lastParts(parent.path, 1), parent.called)
			}
			if parent.before != "" && isValueName(e.name) {
				key = m.join(lastParts(parent.path, 1), parent.before)
				parent.before = ""
			}
		}
	}
	m.add(Setting{Key: key, Value: value, KeyAt: keyAt, At: from, End: to})
}

// isValueName tells the names of elements that hold the value of what stands before
// them, as in property lists and in the settings of Hadoop.
func isValueName(s string) bool {
	switch strings.ToLower(s) {
	case "value", "string", "data", "param-value", "env-entry-value", "defaultvalue":
		return true
	}
	return false
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// decodeEntities resolves the entities of XML; others stay as they are written.
func decodeEntities(s string) string {
	const maxEntity = 10
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var out strings.Builder
	for i >= 0 {
		out.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
		if decoded, ok := entity(s[1:max(end, 1)]); ok && end > 0 {
			out.WriteString(decoded)
			s = s[end+1:]
		} else {
			out.WriteByte('&')
			s = s[1:]
		}
		i = strings.IndexByte(s, '&')
	}
	out.WriteString(s)
	return out.String()
}

func entity(name string) (string, bool) {
	if s, ok := entities[name]; ok {
		return s, true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return "", false
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		return "", false
	}
	return string(rune(v)), true
}
