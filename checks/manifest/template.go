package manifest

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// A template is no YAML before its engine has run, but most of its values are
// written out. So its actions are masked, each character by one that YAML takes
// for a letter, and what can be read then is judged: the places stay, and a value
// that holds an action is known to be filled in.

// mask stands for one character of an action. It is of the private use area, which
// nobody writes in a manifest.
const mask = '\uE000'

// action is what a masked value becomes: one that is filled in.
const action = "{{ . }}"

// readMasked reads the documents of a template, as far as they can be read with
// its actions masked.
func readMasked(c chunk, lim Limits) []parsed {
	if bytes.ContainsRune(c.text, mask) {
		return nil
	}
	docs, err := parseYAML(chunk{maskActions(c.text), c.line}, lim)
	if err != nil {
		return nil
	}
	docs = slices.DeleteFunc(docs, func(p parsed) bool { return p.over != nil })
	for i := range docs {
		unmask(&docs[i].root)
		// The branches of a condition stand below each other and are never both there.
		docs[i].duplicates = nil
	}
	return docs
}

// maskActions masks the actions of text. An action that only steers the engine,
// and a line that holds nothing else, become blanks.
func maskActions(text []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/4)
	for len(text) > 0 {
		start, open, end := nextAction(text)
		if start < 0 {
			out.Write(text)
			break
		}
		out.Write(text[:start])
		text = text[start:]
		n := bytes.Index(text[len(open):], []byte(end))
		if n < 0 {
			out.Write(text)
			break
		}
		n += len(open) + len(end)
		with := rune(mask)
		if open != "{{" || steers(text[len(open):n]) {
			with = ' '
		}
		writeMasked(&out, text[:n], with)
		text = text[n:]
	}
	return blankLines(out.Bytes())
}

// nextAction returns where the next action begins, or -1, and its brackets.
func nextAction(text []byte) (start int, open, end string) {
	for {
		i := bytes.IndexByte(text[start:], '{')
		if i < 0 || start+i+1 >= len(text) {
			return -1, "", ""
		}
		start += i
		switch text[start+1] {
		case '{':
			return start, "{{", "}}"
		case '%':
			return start, "{%", "%}"
		case '#':
			return start, "{#", "#}"
		}
		start++
	}
}

// steers tells whether an action of text/template writes nothing itself.
func steers(inside []byte) bool {
	word := strings.TrimLeft(string(inside), "- \t\r\n")
	for _, keyword := range []string{"if ", "else", "end", "range ", "with ", "define ", "block ", "/*", "break", "continue", "$"} {
		if strings.HasPrefix(word, keyword) {
			return keyword != "$" || strings.Contains(word, ":=") || strings.Contains(word, " = ")
		}
	}
	return false
}

// writeMasked writes one character for each of text and keeps its lines.
func writeMasked(out *bytes.Buffer, text []byte, with rune) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == '\n' || r == '\r' {
			out.WriteRune(r)
		} else {
			out.WriteRune(with)
		}
		text = text[size:]
	}
}

// blankLines empties the lines that hold nothing but masked actions.
func blankLines(text []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(text))
	for line := range bytes.Lines(text) {
		if bytes.ContainsRune(line, mask) && len(bytes.Trim(line, " \t\r\n"+string(rune(mask)))) == 0 {
			if bytes.HasSuffix(line, []byte("\n")) {
				out.WriteByte('\n')
			}
			continue
		}
		out.Write(line)
	}
	return out.Bytes()
}

// unmask turns every text and key that holds an action into one that is filled in.
func unmask(n *Node) {
	if strings.ContainsRune(n.Text, mask) {
		n.Text = action
	}
	if strings.ContainsRune(n.Key, mask) {
		n.Key = action
	}
	for i := range n.Items {
		unmask(&n.Items[i])
	}
}
