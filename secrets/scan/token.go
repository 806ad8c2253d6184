package scan

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// Recognised credentials inside a document are found in its values, not in its
// text, so that the object alone gives the same findings. What the text holds
// besides stands in comments and in what could not be read.

// lineSpan is a part of a file, in lines.
type lineSpan struct{ from, to uint32 }

// minToken is the length from which a text can hold the token of a service.
const minToken = 8

// mayHide tells whether n may hold a credential that the text as written does not
// show: behind escapes, or in lines that are joined.
func (s *scanner) mayHide(n *manifest.Node) bool {
	if len(s.hits) > 0 || n.Style == manifest.Folded {
		return true
	}
	return s.escapes() && n.Style != manifest.Literal
}

// escapes tells whether the text has a \ or a tag that changes what it holds.
func (s *scanner) escapes() bool {
	if s.escaped == 0 {
		s.escaped = 1
		if bytes.IndexByte(s.file.Text, '\\') >= 0 || bytes.Contains(s.file.Text, []byte("!!binary")) || s.file.Encoding != "" {
			s.escaped = 2
		}
	}
	return s.escaped == 2
}

// tokensIn reports the credentials in the text of n that are recognised by
// themselves.
func (w *walker) tokensIn(n *manifest.Node, key string, st state) {
	w.tokensSince(len(w.found), n, key, st)
}

// tokensSince leaves out those that a finding since the one of that index holds.
func (w *walker) tokensSince(since int, n *manifest.Node, key string, st state) {
	if len(n.Text) < minToken || n.Kind != manifest.String || !w.mayHide(n) {
		return
	}
	text := []byte(n.Text)
	var source *lines
	for _, hit := range token.Find(text) {
		found := n.Text[hit.Start:hit.End]
		at, end := w.where(n)
		w.remember(found, at.Line, end)
		if hit.Example || hit.Encrypted || w.isFound(since, found) {
			continue
		}
		v := value{key: key, text: found, raw: found}
		if n.Style == manifest.Literal {
			if source == nil {
				source = newLines(text)
			}
			in := &embedded{outer: w, node: n, text: text}
			v.at, v.end = in.span(source, hit.Start, hit.End)
		}
		w.report(n, st.place, v, answerOf(hit))
	}
}

// isFound tells whether one of the findings since the one of that index holds text.
func (w *walker) isFound(since int, text string) bool {
	for i := since; i < min(len(w.found), since+maxCompared); i++ {
		if strings.Contains(w.found[i].Value, text) {
			return true
		}
	}
	return false
}

// maxCompared is with how many findings a credential is compared.
const maxCompared = 64

func answerOf(hit token.Hit) secrets.Answer {
	return secrets.Answer{Class: secrets.Credential, Evidence: hit.Evidence, Family: hit.Family.ID}
}

// noteTokens remembers the credentials in n, which is judged as a whole, so that
// they are not found in the text again.
func (w *walker) noteTokens(n *manifest.Node) {
	if len(w.hits) == 0 || len(n.Text) < minToken {
		return
	}
	at, end := w.where(n)
	for _, hit := range token.Find([]byte(n.Text)) {
		w.remember(n.Text[hit.Start:hit.End], at.Line, end)
	}
}

// remember notes that text, on the given lines, has been judged.
func (s *scanner) remember(text string, from, to uint32) {
	if len(s.hits) == 0 {
		return
	}
	if s.seen == nil {
		s.seen = map[string][]lineSpan{}
	}
	bare := bareText(text)
	if spans := s.seen[bare]; len(spans) < maxSpans {
		s.seen[bare] = append(spans, lineSpan{from, to})
	}
}

// maxSpans is how many places of one credential are told apart.
const maxSpans = 64

// isSeen tells whether a credential on a line has been judged.
func (s *scanner) isSeen(text string, line uint32) bool {
	spans := s.seen[bareText(text)]
	if len(spans) == maxSpans {
		return true
	}
	for _, span := range spans {
		if span.from <= line && line <= span.to {
			return true
		}
	}
	return false
}

// bareText is a credential without what depends on how it is written: blanks and
// ends of lines, written out or not.
func bareText(text string) string {
	if strings.ContainsAny(text, " \t\r\n\\") {
		text = strings.NewReplacer(`\n`, "", `\r`, "", `\t`, "", `\`, "", " ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	}
	return text
}
