package scan

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// isCommandLine tells whether a list is the words of a command line: one of the
// first of them is an option with two dashes.
func isCommandLine(n *manifest.Node) bool {
	for i := range n.Items {
		if n.Items[i].Kind != manifest.String || i == 8 {
			return false
		}
		if strings.HasPrefix(n.Items[i].Text, "--") {
			return true
		}
	}
	return false
}

// isWordsKey knows the keys of lists that are the words of a command line.
func isWordsKey(key string) bool {
	switch key {
	case "args", "command", "entrypoint", "cmd", "Command", "EntryPoint", "Entrypoint", "Args", "Cmd":
		return true
	}
	return false
}

// program gives the words that stand before those of n: the command before its args,
// or the program that the image is named after.
func (s shape) program(n *manifest.Node) []string {
	switch {
	case n == s.command:
		return nil
	case s.command != nil && s.command.Kind == manifest.List && len(s.command.Items) <= maxBefore:
		return texts(s.command)
	case s.command != nil:
		return nil
	}
	name, _, _ := strings.Cut(path.Base(s.image), ":")
	if settings.TakesPassword(name) {
		return []string{name}
	}
	return nil
}

// maxBefore is how many words of a command are read again with its args.
const maxBefore = 64

// words judges the words of a command line. before are those that stand elsewhere.
func (w *walker) words(n *manifest.Node, before []string, st state) {
	if n.Key != "" {
		st.key = short(n.Key)
	}
	st.place = Args
	byWord := w.settingsOfWords(n, before)
	w.items(n, func(i int, item *manifest.Node) {
		switch {
		case item.Kind != manifest.String && item.Kind != manifest.Number:
			w.node(item, st)
		case w.isFilled(item):
			w.filled(item, st.key, st)
		default:
			w.word(item, byWord[i], st)
		}
	})
}

// settingsOfWords reads a command line: the settings of each of its words.
func (w *walker) settingsOfWords(n *manifest.Node, before []string) map[int][]settings.Setting {
	words := append(make([]string, 0, len(before)+len(n.Items)), before...)
	for i := range n.Items {
		word := ""
		if item := &n.Items[i]; (item.Kind == manifest.String || item.Kind == manifest.Number) && !w.isFilled(item) {
			word = item.Text
		}
		words = append(words, word)
	}
	byWord := map[int][]settings.Setting{}
	for _, s := range settings.Command(words) {
		if s.Word -= len(before); s.Word >= 0 {
			byWord[s.Word] = append(byWord[s.Word], s)
		}
	}
	return byWord
}

// word judges the settings of one word.
func (w *walker) word(n *manifest.Node, found []settings.Setting, st state) {
	var source *lines
	since := len(w.found)
	for _, s := range found {
		if s.Key == "" {
			continue
		}
		v := value{key: s.Key, text: s.Value, raw: n.Text[s.At:s.End]}
		if len(found) > 1 {
			v.inner = s.Key
		}
		if n.Style == manifest.Literal {
			if source == nil {
				source = newLines([]byte(n.Text))
			}
			in := &embedded{outer: w, node: n, text: source.text}
			v.at, v.end = in.span(source, startOf(source, s), s.End)
		}
		st.in, st.comment = secrets.Named, s.Comment
		w.setting(n, v, st)
	}
	if len(found) == 0 && strings.Contains(n.Text, " -") && n.Kind == manifest.String && w.textInside(n, "command", st) {
		return
	}
	if len(found) == 0 && w.judge(n, value{text: n.Text, raw: n.Text}, st) {
		w.noteTokens(n)
		return
	}
	w.tokensSince(since, n, st.key, st)
}
