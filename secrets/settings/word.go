package settings

import "strings"

// word is one word of a command line.
type word struct {
	value   string // decoded
	at, end int    // where it stands, with its quotes
	offsets []int  // per byte of value: where it stands; nil while not needed
}

// exact tells whether the word is written as it is.
func (w *word) exact() bool { return len(w.value) == w.end-w.at }

// shellWord is the word that stands at the given place of a script.
func (r *reader) shellWord(at, end int) word {
	raw := r.text[at:end]
	if !strings.ContainsAny(raw, "'\"\\") {
		return word{value: raw, at: at, end: end}
	}
	value := make([]byte, 0, len(raw))
	unquoteShell(raw, func(c byte, _ int) { value = append(value, c) })
	return word{value: string(value), at: at, end: end}
}

// span is where a part of the value of a word stands, and whether a quote stands
// before it.
func (r *reader) span(w *word, from, to int) (at, end int, quoted bool) {
	if w.exact() {
		return w.at + from, w.at + to, false
	}
	if w.offsets == nil {
		w.offsets = make([]int, 0, len(w.value))
		unquoteShell(r.text[w.at:w.end], func(_ byte, i int) { w.offsets = append(w.offsets, w.at+i) })
	}
	switch {
	case from < to:
		at, end = w.offsets[from], w.offsets[to-1]+1
	case from < len(w.offsets):
		at = w.offsets[from]
		end = at
	default:
		return w.end, w.end, false
	}
	quoted = at > w.at && (r.text[at-1] == '"' || r.text[at-1] == '\'')
	return at, end, quoted || r.text[w.at] == '"' || r.text[w.at] == '\''
}

// addWord adds a setting of which the value is a part of a word.
func (r *reader) addWord(key string, keyAt int, w *word, from, to int) {
	at, end, quoted := r.span(w, from, to)
	r.add(Setting{Key: key, Value: w.value[from:to], KeyAt: keyAt, At: at, End: end, Quoted: quoted})
}

// unquoteShell gives each byte of a word that the shell would see, with its offset
// (POSIX.1-2017, Shell Command Language, 2.2; bash's $'…').
func unquoteShell(raw string, give func(c byte, at int)) {
	quote := byte(0)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(raw):
			next := raw[i+1]
			if quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`' && next != '\n' {
				give(c, i)
				continue
			}
			i++
			if next != '\n' {
				give(next, i)
			}
		default:
			give(c, i)
		}
	}
}
