package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// scalar judges a value by the name under which it stands.
func (w *walker) scalar(n *manifest.Node, st state) {
	key := n.Key
	if key == "" || isValueKey(key) || key == "Default" {
		key = st.key
	}
	w.namedAs(n, key, st)
}

// namedAs judges n as a setting named key.
func (w *walker) namedAs(n *manifest.Node, key string, st state) {
	if w.sops != nil && !st.quiet {
		st = w.sops.narrow(n.Key, st)
	}
	switch {
	case n.Text == "" || n.Kind == manifest.Bool || n.Kind == manifest.Null:
	case n.Key == "integrity":
		w.noteTokens(n) // the digest of a package in a lock file
	case st.in == secrets.Held:
		st.key = key
		w.heldValue(n, st)
	case w.isFilled(n):
		if !st.quiet {
			w.filled(n, key, st)
		}
	case st.quiet || isProseKey(n.Key) || n.Key == "query" && !settings.IsStatement(n.Text):
		w.tokensIn(n, key, st)
	case n.Kind == manifest.String && w.textInside(n, key, st):
	default:
		w.named(n, key, st)
	}
}

// named judges a value of one line, or one that is no text of settings.
func (w *walker) named(n *manifest.Node, key string, st state) {
	v := value{key: key, text: n.Text, raw: n.Text}
	if n.Key == "" && n.Kind == manifest.String {
		if name, text, ok := assignment(n.Text); ok {
			v = value{key: name, text: text, raw: text}
		}
	}
	if w.judge(n, v, st) || w.line(n, v, st) || w.encodedInside(n, key, st) {
		w.noteTokens(n)
		return
	}
	w.tokensIn(n, v.key, st)
}

// line judges the settings in a text of one line, such as the options of a program
// or the arguments of a module of Ansible: "name=app password=x". It tells whether
// one is reported.
func (w *walker) line(n *manifest.Node, v value, st state) bool {
	if n.Kind != manifest.String || !mayHoldSettings(v.text) {
		return false
	}
	if len(v.text) > maxLine {
		w.over(LimitLine, w.lineOf(n))
		return false
	}
	before := len(w.found)
	st.in = secrets.Named
	var found []settings.Setting
	switch {
	case strings.HasPrefix(strings.TrimSpace(v.text), "define("):
		found = settings.ReadAs(settings.PHP, []byte(v.text)) // a piece of wp-config.php
	case strings.IndexByte(v.text, ' ') >= 0:
		found = settings.ReadAs(settings.Shell, []byte(v.text))
	}
	for _, s := range append(found, settings.Pairs(v.text)...) {
		if len(w.found) == before && !s.Comment && s.End <= len(v.text) {
			w.setting(n, value{key: s.Key, text: s.Value, raw: v.text[s.At:s.End], inner: s.Key}, st)
		}
	}
	return len(w.found) > before
}

// mayHoldSettings tells whether a text of one line may hold settings that are worth
// asking: a sign between a name and a value, or an option, and a word for secrets.
func mayHoldSettings(text string) bool {
	if len(text) < minToken || strings.IndexByte(text, '=') < 0 && !strings.Contains(text, " -") && !strings.HasPrefix(strings.TrimSpace(text), "define(") {
		return false
	}
	for i := 0; i+3 < len(text); i++ {
		switch text[i] | 0x20 {
		case 'p', 's', 't', 'k', 'c':
			for _, word := range secretWords {
				if len(text)-i >= len(word) && strings.EqualFold(text[i:i+len(word)], word) {
					return true
				}
			}
		}
	}
	return false
}

var secretWords = [...]string{"pass", "pwd", "secret", "token", "key", "cred"}

// maxLine is the longest line that is read as settings.
const maxLine = 64 << 10

// isLoud tells whether a value in a place for settings of all sorts is reported:
// one that leaks, and a hash or placeholder where a secret is promised.
func isLoud(c secrets.Class, level secrets.Level, quiet bool) bool {
	if quiet {
		return c == secrets.Credential
	}
	return c.Leaks() || level == secrets.Promises && (c == secrets.Hash || c == secrets.Placeholder)
}

// isURL tells whether a text may be a URL, which may hold a password whatever its
// key says.
func isURL(text string) bool { return strings.Contains(text, "://") }

// level is what key promises under the keys above it.
func (w *walker) level(st state, key string) secrets.Level {
	if level := w.promise(key); level != secrets.SaysNothing || !st.pushed {
		return level
	}
	return w.promise(keyPath(st.above, key))
}

// promise is secrets.Promise, remembered: the keys of a file repeat.
func (s *scanner) promise(key string) secrets.Level {
	level, ok := s.levels[key]
	if !ok {
		level = secrets.Promise(key)
		if s.levels == nil {
			s.levels = map[string]secrets.Level{}
		}
		if len(s.levels) < maxLevels && len(key) <= maxName {
			s.levels[key] = level
		}
	}
	return level
}

// maxLevels is how many keys of a file are remembered with what they promise.
const maxLevels = 4096

// keyPath joins the keys above a value and its own.
func keyPath(above, key string) string {
	if above == "" {
		return key
	}
	return above + "." + key
}

// assignment cuts an item of a list that is a setting, as in the environment of a
// compose file: NAME=value. A blank before the sign makes it prose.
func assignment(text string) (name, rest string, ok bool) {
	i := strings.IndexByte(text, '=')
	if i <= 0 || i > maxName || !isName(text[:i]) {
		return "", "", false
	}
	rest = text[i+1:]
	if len(rest) >= 2 && (rest[0] == '"' || rest[0] == '\'') && rest[len(rest)-1] == rest[0] {
		rest = rest[1 : len(rest)-1]
	}
	return strings.TrimLeft(text[:i], "-"), rest, true
}

// maxName is the longest name of a setting that is read.
const maxName = 128

// isName tells whether text can be the name of a setting.
func isName(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.', c == '/', c == '[', c == ']':
		default:
			return false
		}
	}
	return text != ""
}
