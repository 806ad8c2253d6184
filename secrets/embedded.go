package secrets

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// Inner is a value inside a value: a setting of a configuration file that stands as
// a text under a key, or a credential anywhere in it.
type Inner struct {
	// Key is the path of the setting inside the text, "" for a credential that
	// stands under none.
	Key string
	// At and End are the byte offsets of the setting in the outer value; those of
	// the whole of it where it is encoded.
	At, End int
	Answer  Answer
}

// maxEmbedded is the size up to which a text is read for its settings.
const maxEmbedded = 4 << 20

// Embedded judges the settings of a text that stands as a value under a key, in the
// order in which they stand. It is nil where the text is no configuration.
func Embedded(key, value string, in Context) []Inner {
	j := judge{key: key, in: in}
	j.words.split(key)
	j.level, j.word = j.words.judge()
	inner, _ := j.embedded(value)
	return inner
}

// embedded judges the settings of a text, and tells whether the text is a form of
// configuration at all.
func (j *judge) embedded(value string) ([]Inner, bool) {
	if len(value) > maxEmbedded || j.depth >= maxDepth {
		return nil, false
	}
	if plain, how, ok := Decode(value); ok && j.depth < maxDecoded {
		deeper := *j
		deeper.depth++
		inner, known := deeper.embedded(plain)
		for i := range inner {
			inner[i].At, inner[i].End = 0, len(value)
			inner[i].Answer = inner[i].Answer.truncated(isCut(plain, how))
		}
		return inner, known
	}
	var inner []Inner
	known := true
	switch format := settings.Embedded(fileName(j.key), value); format {
	case settings.Unknown:
		known = false
	case settings.JSON, settings.YAML:
		inner, known = j.document(value, format)
	default:
		inner = j.settings(settings.ReadAs(format, []byte(value)), commentsOf(value, format))
	}
	return j.strays(value, inner), known
}

// fileName is the part of a key that may be the name of a file.
func fileName(key string) string {
	return key[strings.LastIndexByte(key, '/')+1:]
}

// commentsOf returns the bounds of the comments between /* and */ of a text whose
// format may have them.
func commentsOf(text string, format settings.Format) [][2]int {
	if format != settings.Conf {
		return nil
	}
	var out [][2]int
	for at := 0; ; {
		from := strings.Index(text[at:], "/*")
		if from < 0 {
			return out
		}
		from += at
		n := strings.Index(text[from:], "*/")
		if n < 0 {
			return out
		}
		at = from + n
		out = append(out, [2]int{from, at})
	}
}

func (j *judge) settings(list []settings.Setting, comments [][2]int) []Inner {
	inner := make([]Inner, 0, len(list))
	accounts := j.isListOfAccounts()
	for _, s := range list {
		for len(comments) > 0 && comments[0][1] < s.At {
			comments = comments[1:]
		}
		if len(comments) > 0 && comments[0][0] < s.At {
			continue
		}
		a := j.setting(s.Key, s.Value, accounts)
		if s.Comment && a.Class != Credential {
			continue
		}
		inner = append(inner, Inner{s.Key, s.At, s.End, a})
	}
	return inner
}

// setting judges one setting of a text.
func (j *judge) setting(key, value string, accounts bool) Answer {
	if accounts && Promise(key) == SaysNothing {
		return classify("password."+key, value, Held, j.depth+1)
	}
	return classify(key, value, Named, j.depth+1)
}

// isListOfAccounts tells whether a text is by its name a list of users with their
// passwords, so that its keys say nothing: users.properties.
func (j *judge) isListOfAccounts() bool {
	if j.in != Held {
		return false
	}
	last := j.words.count - 1
	for last > 0 && j.words.kind(last) == formatWord {
		last--
	}
	return j.words.is(last, "users", "passwords", "passwd", "accounts", "htpasswd", "logins", "tokens")
}

// document judges the scalars of a text in YAML or JSON.
func (j *judge) document(value string, format settings.Format) ([]Inner, bool) {
	f := manifest.Read("text."+string(format), []byte(value), manifest.DefaultLimits())
	if len(f.Documents) == 0 || len(f.Broken) > 0 || len(f.Templated) > 0 {
		// Not all of it is YAML, or not yet: its lines say what they can.
		if inner := j.settings(settings.ReadAs(settings.Properties, []byte(value)), nil); len(inner) > 0 || format == settings.JSON {
			return inner, len(inner) > 0
		}
		return nil, isCommented(value)
	}
	lines := lineStarts(value)
	var inner []Inner
	collections := 0
	for _, d := range f.Documents {
		if len(d.Root.Items) > 0 {
			collections++
		}
		c := collector{judge: j, text: value, lines: lines, accounts: j.isListOfAccounts(), out: &inner}
		c.walk(d.Root, "")
	}
	return inner, collections > 0
}

// collector judges the scalars of a tree.
type collector struct {
	*judge
	text     string
	lines    []int
	accounts bool
	held     bool // below data or stringData of a Secret
	out      *[]Inner
}

// walk visits n under path. Items of a list are named as their list, and those with
// a name of their own by it: {name: DB_PASSWORD, value: …}.
func (c collector) walk(n *manifest.Node, path string) {
	if c.isSecret(n) {
		c.held = true
	}
	for i := range n.Items {
		item := &n.Items[i]
		key := path
		if n.Kind == manifest.Map {
			key = joined(path, item.Key)
			if name := n.Get("name").Str(); name != "" && item.Key == "value" {
				key = name
			}
		}
		if len(item.Items) > 0 {
			c.walk(item, key)
			continue
		}
		if n.Kind == manifest.Map && IsPrivateMember(n, item.Key) {
			at, end := c.offsets(item)
			*c.out = append(*c.out, Inner{key, at, end, classify("jwk.private_key", item.Text, Named, c.depth+1)})
			continue
		}
		if item.Kind != manifest.String && item.Kind != manifest.Number {
			continue
		}
		c.add(item, key)
	}
}

// IsPrivateMember tells the members of a JSON Web Key that are secret (RFC 7518, section
// 6): d of a pair of keys, k of a symmetric one; and the key of an algorithm that has
// only one.
func IsPrivateMember(n *manifest.Node, member string) bool {
	switch n.Get("kty").Str() {
	case "RSA", "EC", "OKP":
		return member == "d"
	case "oct":
		return member == "k"
	}
	for _, name := range []string{"type", "alg", "algorithm"} {
		switch n.Get(name).Str() {
		case "HS256", "HS384", "HS512": // as Hasura takes the key that tokens are signed with
			return member == "key" || member == "secret"
		}
	}
	return false
}

func (c collector) isSecret(n *manifest.Node) bool {
	return n.Kind == manifest.Map && n.Get("kind").Str() == "Secret" && (n.Get("data") != nil || n.Get("stringData") != nil)
}

func (c collector) add(n *manifest.Node, key string) {
	in, text := Named, n.Text
	if part, _, _ := strings.Cut(key, "."); c.held && (part == "data" || part == "stringData") {
		in = Held
		if plain, _, ok := Decode(text); ok && part == "data" {
			text = plain
		}
	}
	var a Answer
	if in == Held {
		a = classify(key, text, Held, c.depth+1)
	} else {
		a = c.setting(key, text, c.accounts)
	}
	at, end := c.offsets(n)
	*c.out = append(*c.out, Inner{key, at, end, a})
}

func joined(path, key string) string {
	if path == "" {
		return key
	}
	if len(path) > maxKey {
		path = path[len(path)-maxKey:]
	}
	return path + "." + key
}

// lineStarts returns the byte offset of every line.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offsets returns where a scalar stands in the text.
func (c collector) offsets(n *manifest.Node) (at, end int) {
	line := int(n.At.Line) - 1
	if line < 0 || line >= len(c.lines) {
		return 0, len(c.text)
	}
	at = c.lines[line]
	for column := 1; at < len(c.text) && column < int(n.At.Column) && c.text[at] != '\n'; {
		r, size := utf8.DecodeRuneInString(c.text[at:])
		at += size
		column++
		if r > 0xffff {
			column++
		}
	}
	last := min(max(int(n.EndLine()), line+1), len(c.lines))
	end = len(c.text)
	if last < len(c.lines) {
		end = c.lines[last] - 1
	}
	if last == line+1 {
		end = min(end, at+len(n.Text)+2)
	}
	return at, max(at, end)
}

// strays adds the credentials that stand outside of all settings: in comments, in
// statements.
func (j *judge) strays(value string, inner []Inner) []Inner {
	known := len(inner)
	for _, hit := range token.Find([]byte(value)) {
		a := j.ofHit(hit, value)
		if a.Class != Credential || slices.ContainsFunc(inner[:known], func(i Inner) bool {
			return i.Answer.Class.Leaks() && i.At <= hit.Start && hit.Start < max(i.End, i.At+1)
		}) {
			continue
		}
		inner = append(inner, Inner{"", hit.Start, hit.End, a})
	}
	if len(inner) > known {
		slices.SortStableFunc(inner, func(a, b Inner) int { return a.At - b.At })
	}
	return inner
}

// structured judges a text by the settings that it holds: the worst of them.
func (j *judge) structured(v string) (Answer, bool) {
	inner, known := j.embedded(v)
	worst := Answer{}
	filled, placeholders := 0, 0
	for _, i := range inner {
		worst = worse(worst, i.Answer)
		switch i.Answer.Class {
		case Template, Reference:
			filled++
		case Placeholder:
			placeholders++
		}
	}
	switch {
	case worst.Class.Leaks():
		if worst.Class != Credential {
			worst.Evidence = innerEvidence(worst.Class)
		}
		return worst, true
	case !known:
		return Answer{}, false
	case worst.Class == Encrypted || worst.Class == Sealed || worst.Class == Hash:
		return worst, true
	case strings.Contains(v, "{{") && filled > 0:
		return isTemplate, true
	case strings.Contains(v, "<path:") && filled > 0:
		return isReferenceAnswer, true
	case placeholders > 0:
		return Answer{Class: Placeholder, Evidence: "it is a configuration with a value that is to be filled in"}, true
	case len(inner) == 0 && j.in == Named && j.level <= SaysNothing:
		return Answer{}, false
	}
	return Answer{Class: Public, Evidence: "it is a configuration that holds no secret itself"}, true
}

func innerEvidence(c Class) string {
	if c == Weak {
		return "it is a configuration with a literal in it that anyone guesses first"
	}
	return "it is a configuration with a secret in it"
}

// worse returns the answer that says more about what a reader learns.
func worse(a, b Answer) Answer {
	if badness(b.Class) > badness(a.Class) {
		return b.truncated(a.Truncated)
	}
	return a.truncated(b.Truncated)
}

func badness(c Class) int {
	return slices.Index([]Class{Empty, Public, Placeholder, Reference, Template, Sealed, Encrypted, Hash, Weak, Plaintext, Credential}, c)
}
