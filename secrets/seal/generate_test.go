package seal

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// generator writes manifests as people do, in as many ways, and remembers what it
// wrote.
type generator struct {
	*rand.Rand
	comments []string // each stands once inside of a Secret
	secrets  []generated
	next     int
}

// generated is one Secret.
type generated struct {
	name, namespace string
	keys            []string // in the order in which they are written
	values          map[string]string
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// file writes a YAML file of several documents. Lines "# begin" and "# end" stand
// around each Secret.
func (g *generator) file() string {
	var docs []string
	for range 1 + g.IntN(4) {
		switch g.IntN(5) {
		case 0:
			docs = append(docs, g.other())
		case 1:
			docs = append(docs, g.list())
		default:
			docs = append(docs, "# begin\n"+g.secret("  ")+"# end\n")
		}
	}
	text := g.pick("", "# A file.\n", "---\n", "%YAML 1.1\n---\n") + strings.Join(docs, g.pick("---\n", "--- # next\n", "...\n---\n"))
	if g.chance(20) {
		text = strings.TrimRight(text, "\n")
	}
	if g.chance(20) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if g.chance(10) && !strings.HasPrefix(text, "%") {
		text = "\uFEFF" + text
	}
	return text
}

func (g *generator) other() string {
	return g.pick(
		"apiVersion: v1\nkind: ConfigMap\nmetadata:   {name: x}   # odd\ndata:\n    \"a\":   'b'\n\n\n",
		"apiVersion: v1\nkind: Service\nmetadata:\n  name: é😀\nspec:\n  x: |\n    # no comment\n      more\n",
		"just: a document\nlist:\n- 1\n-   2\n",
		"",
		"# only a comment\n",
	)
}

func (g *generator) list() string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: List\nitems:\n")
	indent := g.pick("", "  ")
	for range 1 + g.IntN(3) {
		if g.chance(30) {
			b.WriteString(indent + "- apiVersion: v1\n" + indent + "  kind: ConfigMap\n" + indent + "  metadata: {name: x}\n")
			continue
		}
		b.WriteString(indent + "# begin\n")
		for i, line := range strings.SplitAfter(g.secret("  "), "\n") {
			switch {
			case line == "" || line == "\n":
				b.WriteString(line)
			case i == 0:
				b.WriteString(indent + "- " + line)
			default:
				b.WriteString(indent + "  " + line)
			}
		}
		b.WriteString(indent + "# end\n")
	}
	return b.String()
}

// above writes comments and blank lines above a field.
func (g *generator) above(indent string) string {
	switch g.IntN(6) {
	case 0:
		return indent + g.comment() + "\n"
	case 1:
		return "\n" + indent + g.comment() + "\n" + indent + g.comment() + "\n"
	case 2:
		return "\n"
	}
	return ""
}

// behind writes a comment behind a value.
func (g *generator) behind() string {
	if g.chance(25) {
		return g.pick(" ", "   ", "\t") + g.comment()
	}
	return ""
}

func (g *generator) comment() string {
	g.next++
	c := fmt.Sprintf("# comment-%d.", g.next)
	g.comments = append(g.comments, c)
	return c
}

// secret writes one Secret in block style, its first line without a comment above.
func (g *generator) secret(unit string) string {
	g.next++
	s := generated{name: fmt.Sprintf("secret-%d", g.next), namespace: g.pick("production", "n1", "a-b"), values: map[string]string{}}
	if g.chance(30) {
		unit = g.pick(" ", "    ", "   ")
	}
	fields := []string{
		"apiVersion: " + g.pick("v1", "'v1'", `"v1"`) + g.behind() + "\n",
		"kind: " + g.pick("Secret", `"Secret"`) + g.behind() + "\n",
		g.metadata(s, unit),
	}
	if g.chance(60) {
		fields = append(fields, "type: "+g.pick("Opaque", `"Opaque"`, "kubernetes.io/basic-auth")+g.behind()+"\n")
	}
	if g.chance(20) {
		fields = append(fields, "immutable: "+g.pick("true", "false")+g.behind()+"\n")
	}
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	// Sections keep their order, since the order of the keys is compared.
	sections := []string{}
	for _, name := range [][]string{{"data"}, {"stringData"}, {"data", "stringData"}, {"stringData", "data"}}[g.IntN(4)] {
		sections = append(sections, g.section(&s, name, unit))
	}
	for _, section := range sections {
		at := len(fields)
		if len(sections) == 1 {
			at = g.IntN(len(fields) + 1)
		}
		fields = append(fields[:at], append([]string{section}, fields[at:]...)...)
	}
	g.secrets = append(g.secrets, s)
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString(g.above(""))
		}
		b.WriteString(f)
	}
	return b.String()
}

func (g *generator) metadata(s generated, unit string) string {
	if g.chance(15) {
		return fmt.Sprintf("metadata: {name: %s, namespace: %q, labels: {a: b}}%s\n", s.name, s.namespace, g.behind())
	}
	fields := []string{"name: " + s.name + g.behind() + "\n", "namespace: " + s.namespace + g.behind() + "\n"}
	if g.chance(40) {
		fields = append(fields, "labels:\n"+unit+unit+"app: x"+g.behind()+"\n"+unit+unit+"\"on\": 'y'\n")
	}
	if g.chance(40) {
		annotations := "annotations:" + g.behind() + "\n"
		if g.chance(50) {
			annotations += unit + unit + "kubectl.kubernetes.io/last-applied-configuration: |\n" + unit + unit + unit + "{\"a\":\"b\"}\n"
		}
		if g.chance(70) {
			annotations += g.above(unit+unit) + unit + unit + "note: |\n" + unit + unit + unit + "two\n\n" + unit + unit + unit + "lines\n"
		}
		fields = append(fields, annotations+unit+unit+"last: \"1\""+g.behind()+"\n")
	}
	if g.chance(20) {
		fields = append(fields, "uid: 1-2-3\n")
	}
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	text := "metadata:" + g.behind() + "\n"
	for _, f := range fields {
		text += g.above(unit) + unit + f
	}
	return text
}

func (g *generator) section(s *generated, name, unit string) string {
	n := 1 + g.IntN(4)
	if g.chance(15) {
		var fields []string
		for range n {
			key, value := g.keyAndValue(s)
			fields = append(fields, key+": "+g.oneLine(name, value))
		}
		if g.chance(50) {
			return name + ": {" + strings.Join(fields, ", ") + "}" + g.behind() + "\n"
		}
		return name + ": {" + g.behind() + "\n" + unit + strings.Join(fields, ","+g.behind()+"\n"+unit) + g.behind() + "\n}" + g.behind() + "\n"
	}
	text := name + ":" + g.behind() + "\n"
	for range n {
		key, value := g.keyAndValue(s)
		text += g.above(unit) + unit + key + ":" + g.pick(" ", "   ") + g.value(name, value, unit+unit) + "\n"
	}
	if g.chance(20) {
		text += unit + g.comment() + "\n"
	}
	return text
}

func (g *generator) keyAndValue(s *generated) (key, value string) {
	g.next++
	key = g.pick("password", "tls.crt", "API_KEY", "a-b") + strconv.Itoa(g.next)
	value = g.pick("hunter2", "", "two\nlines\n", "a: b # c", "it's \"quoted\"", "  blanks  ", "é😀", "{json: [1]}", "-----BEGIN X-----\nabc\n\ndef\n-----END X-----\n", "\x00\x01\xff", "12345", "changeme", "tab\there") +
		g.pick("", "", strconv.Itoa(g.next))
	s.keys, s.values[key] = append(s.keys, key), value
	return g.pick(key, key, `"`+key+`"`, "'"+key+"'"), value
}

// value writes a value, on several lines where it can.
func (g *generator) value(section, value, indent string) string {
	lines := strings.Split(strings.TrimSuffix(value, "\n"), "\n")
	if section == "stringData" && strings.HasSuffix(value, "\n") && g.chance(70) && isText(value) {
		text := "|" + g.behind()
		for _, line := range lines {
			text += "\n"
			if line != "" {
				text += indent + line
			}
		}
		return text
	}
	if g.chance(10) {
		return "\n" + indent + g.oneLine(section, value) + g.behind()
	}
	return g.oneLine(section, value) + g.behind()
}

func hasBytes(s string, any ...byte) bool {
	return slices.ContainsFunc([]byte(s), func(b byte) bool { return slices.Contains(any, b) })
}

func isText(value string) bool { return value != "" && !hasBytes(value, 0x00, 0x01, 0xff) }

// oneLine writes a value on one line. What is no text goes as it can.
func (g *generator) oneLine(section, value string) string {
	if section == "data" {
		encoded := base64.StdEncoding.EncodeToString([]byte(value))
		if encoded == "" {
			return g.pick(`""`, "''")
		}
		return g.pick(encoded, `"`+encoded+`"`, "'"+encoded+"'")
	}
	if value == "hunter2" && g.chance(50) {
		return value
	}
	if !hasBytes(value, '\n', '\t', 0x00, 0x01, 0xff) && g.chance(50) {
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// text is a value as stringData can hold it: what is not UTF-8 is replaced.
func asText(value string) string { return strings.ToValidUTF8(value, "\uFFFD") }

// jsonFile writes Secrets as JSON.
func (g *generator) jsonFile() string {
	var items []map[string]any
	for range 1 + g.IntN(3) {
		g.next++
		s := generated{name: fmt.Sprintf("secret-%d", g.next), namespace: "n", values: map[string]string{}}
		data, plain := map[string]any{}, map[string]any{}
		for range 1 + g.IntN(3) {
			_, value := g.keyAndValue(&s)
			key := s.keys[len(s.keys)-1]
			if g.chance(50) {
				data[key] = []byte(value)
			} else {
				plain[key] = value
				s.values[key] = asText(value)
			}
		}
		s.keys = nil // encoding/json sorts them
		items = append(items, map[string]any{"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
			"metadata": map[string]any{"name": s.name, "namespace": s.namespace, "labels": map[string]any{"é": "<&>"}}, "data": data, "stringData": plain})
		g.secrets = append(g.secrets, s)
	}
	var v any = map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
	if len(items) == 1 {
		v = items[0]
	}
	text, err := json.MarshalIndent(v, "", g.pick("  ", "\t", ""))
	if err != nil {
		panic(err)
	}
	if g.chance(30) {
		text, _ = json.Marshal(v)
	}
	return string(text) + g.pick("", "\n")
}
