package secrets

import "strings"

var isTemplate = Answer{Class: Template, Evidence: "it is filled in before it is used"}

// judgeTemplate judges a value with holes that something fills in: by the literals
// that it falls back on, and by what stands beside the holes. part tells that v is
// only a part of the value, such as the password of a URL.
func (j *judge) judgeTemplate(v string, part bool) (Answer, bool) {
	if len(v) > maxTemplate || !hasHole(v) {
		return Answer{}, false
	}
	var worst Answer
	found, references := 0, 0
	rest := remainder{}
	end := 0
	holes(v, func(h hole) bool {
		found++
		if h.form == referenceHole {
			references++
		}
		rest.add(v[end:h.from])
		end = h.to
		h.fallbacks(func(literal string) { worst = worse(worst, j.fallback(literal)) })
		return true
	})
	if found == 0 {
		return Answer{}, false
	}
	rest.add(v[end:])
	switch {
	case worst.Class.Leaks(), worst.Class == Placeholder && rest.letters == 0:
		return worst, true
	case !part && strings.Contains(v, "://"):
		if a, ok := j.literalInURL(v); ok {
			return a, true
		}
	case !part && strings.Count(v, "=") > 1:
		if a, ok := j.connection(v); ok && a.Class.Leaks() {
			return a, true
		}
	}
	if j.isLiteral(rest, v, references == found) {
		return Answer{Class: Plaintext, Evidence: "a literal stands beside what is filled in"}, true
	}
	if references == found {
		return isReferenceAnswer, true
	}
	return isTemplate, true
}

// fallback judges a literal that a template yields where nothing else is given.
func (j *judge) fallback(literal string) Answer {
	if j.depth >= maxDepth {
		return Answer{Class: Plaintext, Evidence: "it is a template in a template, too deep to be read"}
	}
	inner := judge{words: j.words, level: j.level, word: j.word, key: j.key, in: j.in, depth: j.depth + 1}
	a := inner.answer(literal)
	switch a.Class {
	case Plaintext:
		a.Evidence = "the template has a literal to fall back on"
	case Weak:
		a.Evidence = "the template falls back on a literal that anyone guesses first"
	}
	return a
}

// literalInURL judges a URL that has holes: its password may be literal.
func (j *judge) literalInURL(v string) (Answer, bool) {
	masked := maskHoles(v)
	if password, ok := urlPassword(masked); ok && strings.Trim(password, maskedHole) != "" {
		if a := j.inURL(strings.ReplaceAll(password, maskedHole, ""), "it is a URL with a password in it"); a.Class.Leaks() {
			return a, true
		}
	}
	return isTemplate, true
}

const maskedHole = "\x01"

// maskHoles returns v with a sign in the place of every hole that occurs in no text.
func maskHoles(v string) string {
	var b strings.Builder
	end := 0
	holes(v, func(h hole) bool {
		b.WriteString(v[end:h.from])
		b.WriteString(maskedHole)
		end = h.to
		return true
	})
	b.WriteString(v[end:])
	return b.String()
}

// remainder is what stands beside the holes of a template.
type remainder struct {
	letters int  // letters and digits in the longest piece
	random  bool // a piece looks as if it were made by a generator
	blank   bool // a piece has blanks between words
	spoken  bool // every piece is a word that only introduces what follows
	seen    bool
}

func (r *remainder) add(piece string) {
	piece = strings.Trim(piece, " \t\r\n.,:;/-_|\"'()[]{}<>=&?@#+*")
	if !r.seen {
		r.spoken, r.seen = true, true
	}
	if piece == "" {
		return
	}
	r.spoken = r.spoken && isIntroduction(piece)
	n := 0
	for i := 0; i < len(piece); i++ {
		if isAlnum(piece[i]) || piece[i] >= 0x80 {
			n++
		}
	}
	r.letters = max(r.letters, n)
	r.random = r.random || looksRandom(piece)
	r.blank = r.blank || strings.ContainsAny(piece, " \t")
}

// isIntroduction tells words that stand before a credential and are none.
func isIntroduction(piece string) bool {
	switch strings.ToLower(piece) {
	case "bearer", "basic", "token", "apikey", "authorization", "authorization: bearer", "https", "http", "password", "pass", "x-api-key", "key", "secret", "digest", "splunk", "bot", "sso-key", "glsa":
		return true
	}
	return false
}

// isLiteral tells whether what stands beside the holes is a part of a secret.
func (j *judge) isLiteral(r remainder, v string, references bool) bool {
	switch {
	case r.letters == 0, r.spoken, j.level == NamesPublic, j.level == SaysNothing && j.in == Named:
		return false
	case r.blank && isSentence(maskHoles(v)):
		return false
	case r.random:
		return !strings.Contains(v, "/") && r.letters >= 12
	case strings.Contains(v, "/") && j.word >= 0 && j.words.kind(j.word) != passwordWord:
		return false
	}
	enough := 4
	if references {
		enough = 8
	}
	return j.in == Held && j.level == Promises && r.letters >= enough && !r.blank
}
