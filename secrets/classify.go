// Package secrets tells what a value is: plaintext, placeholder, encrypted,
// reference, public?
//
// It is pure and knows no files and no objects: a key, a value, an answer. It
// never returns a part of the value.
package secrets

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/secrets/settings"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// Class is what a value is.
type Class string

// The classes.
const (
	Credential  Class = "credential"  // of a recognised form, such as a private key or the token of a service
	Plaintext   Class = "plaintext"   // a literal where a secret is expected
	Weak        Class = "weak"        // a literal that anyone guesses first: a default, a word of every list
	Public      Class = "public"      // a certificate, a public key, a user name, a host, an ordinary setting
	Hash        Class = "hash"        // a password hash
	Placeholder Class = "placeholder" // a text that says that the value is to be filled in
	Template    Class = "template"    // filled in by an engine before it is applied
	Reference   Class = "reference"   // names a value that is kept elsewhere
	Encrypted   Class = "encrypted"   // a ciphertext
	Sealed      Class = "sealed"      // a ciphertext of sealed-secrets
	Empty       Class = "empty"
)

// Leaks tells whether a value of this class gives something away to a reader.
func (c Class) Leaks() bool { return c == Plaintext || c == Credential || c == Weak }

// Context is what is known of the place of a value.
type Context uint8

// The contexts.
const (
	// Held is a place that is made to hold secrets, such as a key of a Secret:
	// whatever stands there is one, unless it shows that it is something else.
	Held Context = iota
	// Named is a place for settings of all sorts, such as an environment variable:
	// the key decides.
	Named
	// Free is any other text: only a recognised credential counts.
	Free
)

// Answer is what a value is, and how that is known.
type Answer struct {
	Class Class
	// Evidence says why, in a few words that follow "because" and hold no part of
	// the value or the key: "its checksum is that of a GitHub token".
	Evidence string
	// Family is the ID of the form of a Credential, such as github-pat; else "".
	Family string
	// Truncated tells that the value was compressed and that only its beginning was
	// unpacked: what follows, more than a mebibyte of it, was not judged.
	Truncated bool
}

// Classify tells what the value under a key is. key is the path of the value as
// far as it says what it is for, its parts joined by dots ("spring.datasource.password");
// value is decoded: what a program that is given it would see.
func Classify(key, value string, in Context) Answer {
	return classify(key, value, in, 0)
}

func classify(key, value string, in Context, depth int) Answer {
	j := judge{key: key, in: in, depth: depth}
	j.words.split(key)
	j.level, j.word = j.words.judge()
	return j.answer(value)
}

// judge is the classification of one value: what its key says, and where it stands.
type judge struct {
	key   string
	words keyWords
	level Level
	word  int // the word of the key that decides its level, or -1
	in    Context
	depth int // how many encodings, templates and texts the value was taken out of
}

// maxDepth bounds how deep a value is looked for in others.
const maxDepth = 4

// says tells whether a word of the last part of the key is of a kind.
func (j *judge) says(kind wordKind) bool {
	for i := j.words.count - 1; i >= 0 && j.words.words[i].part == j.words.words[j.words.count-1].part; i-- {
		if j.words.kind(i) == kind {
			return true
		}
	}
	return false
}

// answer tries the proofs in this order: what shows by its structure what it is
// comes first, then what is filled in, then what asks to be, and what the key says
// last.
func (j *judge) answer(value string) Answer {
	v := strings.TrimSpace(value)
	if v == "" || v == "{}" || v == "[]" || v == `""` || v == "''" {
		return Answer{Class: Empty, Evidence: "nothing stands there"}
	}
	if a, ok := ciphertext(v); ok {
		return a
	}
	if j.isUnderSecure(v) {
		return Answer{Class: Encrypted, Evidence: "it is a ciphertext that a key elsewhere opens"}
	}
	if j.in == Held && beginsAsSealed(v) {
		return Answer{Class: Sealed, Evidence: "it begins as a value does that sealed-secrets has encrypted"}
	}
	if plain, ok := unschemed(v); ok && j.in != Free && j.level > SaysNothing {
		return j.answer(plain)
	}
	if a, ok := j.basic(v); ok && j.in != Free {
		return a
	}
	if a, ok := blocks(v); ok {
		return a
	}
	if a, ok := j.credential(v); ok {
		return a
	}
	if j.in == Free {
		return j.free(v)
	}
	if !utf8.ValidString(v) || strings.HasPrefix(v, "\x1f\x8b") {
		return j.binary(value)
	}
	if j.in == Named && j.level <= SaysNothing {
		return j.ordinary(v)
	}
	return j.text(v)
}

// credential tells a value that is a credential of a known form.
func (j *judge) credential(v string) (Answer, bool) {
	if len(v) < 14 || strings.Contains(v, "{{") {
		return Answer{}, false
	}
	if len(v) <= 100 && token.IsSample(v) {
		return Answer{Class: Placeholder, Evidence: "it is an example out of the documentation of the service"}, true
	}
	hit, ok := token.Match(v)
	if !ok && j.in != Free && len(v) < 512 && j.level >= SaysNothing {
		hit, ok = token.MatchNamed(j.key, v)
	}
	if !ok {
		return Answer{}, false
	}
	return j.ofHit(hit, v), true
}

// basic judges the value of a header of HTTP's basic authentication (RFC 7617).
func (j *judge) basic(v string) (Answer, bool) {
	const scheme = "basic "
	if len(v) < len(scheme)+4 || !strings.EqualFold(v[:len(scheme)], scheme) || !isBase64Text(v[len(scheme):]) {
		return Answer{}, false
	}
	raw, err := decodeBase64(v[len(scheme):])
	user, password, found := strings.Cut(string(raw), ":")
	if err != nil || !found || user == "" && password == "" || !isReadable(raw) {
		return Answer{}, false
	}
	a := classify("password", password, Held, j.depth+1)
	if a.Class == Plaintext {
		a.Evidence = "it is a user name and a password for basic authentication"
	}
	return a, true
}

// unschemed returns what stands behind the mark of a password that is kept as it is, as
// Spring Security, Dovecot and LDAP write it.
func unschemed(v string) (string, bool) {
	for _, scheme := range []string{"{noop}", "{plain}", "{PLAIN}", "{CLEARTEXT}", "{cleartext}"} {
		if rest, ok := strings.CutPrefix(v, scheme); ok && rest != "" && rest[0] != '{' {
			return rest, true
		}
	}
	return "", false
}

func (j *judge) ofHit(hit token.Hit, v string) Answer {
	switch {
	case hit.Example:
		return Answer{Class: Placeholder, Evidence: "it is an example out of the documentation of the service"}
	case hit.Encrypted:
		return Answer{Class: Encrypted, Evidence: "it is a private key under a passphrase"}
	}
	return Answer{Class: Credential, Evidence: hit.Evidence, Family: hit.Family.ID}
}

// free judges a text of which nothing is known: a credential anywhere in it counts.
func (j *judge) free(v string) Answer {
	worst := Answer{Class: Public, Evidence: "it holds no credential of a known form"}
	for _, hit := range token.Find([]byte(v)) {
		worst = worse(worst, j.ofHit(hit, v))
	}
	return worst
}

// ordinary judges a value under a key that promises nothing: only what is secret by
// itself counts.
func (j *judge) ordinary(v string) Answer {
	if isSchemeReference(v) {
		return isReferenceAnswer
	}
	if a, ok := j.judgeTemplate(v, false); ok {
		return a
	}
	if isURL(v) {
		return j.judgeURL(v)
	}
	if j.mayBeStructured(v) {
		if a, ok := j.structured(v); ok {
			return a
		}
	}
	if a, ok := j.connection(v); ok && a.Class.Leaks() {
		return a
	}
	if a, ok := j.flags(v); ok && a.Class.Leaks() {
		return a
	}
	if len(v) >= shortestHidden && j.depth < maxDecoded {
		if plain, how, ok := Decode(v); ok {
			a := classify("", plain, Named, j.depth+1).truncated(isCut(plain, how))
			if a.Class == Credential || a.Class == Encrypted || a.Truncated {
				return a
			}
		}
	}
	if a, ok := passwordHash(v); ok {
		return a
	}
	return Answer{Class: Public, Evidence: "its key names no secret"}
}

// shortestHidden is the length from which a value under a key that promises nothing
// is decoded: that of the shortest credential in base64.
const shortestHidden = 32

// text judges a value that is text, and may be a secret for all that its key says.
func (j *judge) text(v string) Answer {
	if a, ok := reference(v); ok {
		return a
	}
	if a, ok := passwordHash(v); ok {
		return a
	}
	if a, ok := isKeyMaterial(v); ok {
		return a
	}
	if v[0] == '{' && isEnclosed(v) {
		return placeholderInBrackets
	}
	if a, ok := j.accounts(v); ok {
		return a
	}
	if j.mayBeStructured(v) {
		if a, ok := j.structured(v); ok {
			return a
		}
	}
	if a, ok := j.judgeTemplate(v, false); ok {
		return a
	}
	if a, ok := j.expression(v); ok {
		return a
	}
	if a, ok := j.placeholder(v); ok {
		return a
	}
	if isURL(v) {
		return j.judgeURL(v)
	}
	if a, ok := j.connection(v); ok {
		return a
	}
	if a, ok := j.flags(v); ok {
		return a
	}
	if a, ok := j.encoded(v); ok {
		return a
	}
	return j.literal(v)
}

// mayBeStructured is a quick test for a text that holds settings: it has lines or
// brackets, or its key is the name of a file.
func (j *judge) mayBeStructured(v string) bool {
	if beginsWithHole(v) && strings.IndexByte(v, '\n') < 0 {
		return false
	}
	if v[0] == '{' && v[len(v)-1] != '}' && strings.IndexByte(v, '\n') < 0 {
		return false
	}
	return v[0] == '{' || v[0] == '[' || v[0] == '<' || strings.IndexByte(v, '\n') >= 0 ||
		strings.IndexByte(j.key, '.') >= 0 && strings.ContainsAny(v, "=:") && (j.words.kind(j.words.count-1) == formatWord || j.in == Held && settings.FormatOf(fileName(j.key), nil) != settings.Unknown)
}

// accounts judges the list of users and passwords that cloud-init gives to chpasswd,
// and the setting of Neo4j that is a user and a password.
func (j *judge) accounts(v string) (Answer, bool) {
	separator := ":"
	switch {
	case j.words.is(j.word, "chpasswd"):
	case j.words.kind(j.word) == authWord && strings.HasPrefix(v, "neo4j/"):
		separator = "/"
	default:
		return Answer{}, false
	}
	worst := Answer{}
	for line := range strings.Lines(v) {
		_, password, found := strings.Cut(strings.TrimSpace(line), separator)
		if !found || password == "R" || password == "RANDOM" {
			continue // chpasswd draws the password itself
		}
		a := classify("password", password, Held, j.depth+1)
		worst = worse(worst, a)
	}
	return worst, worst.Class != ""
}

// expression judges a piece of code in the place of a value.
func (j *judge) expression(v string) (Answer, bool) {
	var worst Answer
	if !expression(v, j.in, func(literal string) { worst = worse(worst, j.fallback(literal)) }) {
		return Answer{}, false
	}
	if worst.Class.Leaks() {
		return worst, true
	}
	return isReferenceAnswer, true
}

// placeholder judges a value that asks to be replaced. What is a default of the place,
// and takes effect as it stands, is none: the password of a Java key store is changeit,
// and the documentation of images of databases sets theirs to example.
func (j *judge) placeholder(v string) (Answer, bool) {
	if j.isForEmulator(v) {
		return Answer{Class: Placeholder, Evidence: "it is what an emulator of the service takes"}, true
	}
	a, ok := placeholder(v)
	if !ok || j.level != Promises && j.in != Held {
		return a, ok
	}
	switch {
	case strings.EqualFold(v, "changeit"):
		return Answer{Class: Weak, Evidence: "it is the password that every key store of Java is made with"}, true
	case j.in == Named && j.words.kind(j.word) == passwordWord && isChosen(v) && !strings.ContainsAny(v, "<>[]{}") && strings.Contains(strings.ToLower(v), "password"):
		return weakAnswer, true // it satisfies a policy for passwords: Your_password123
	case j.in == Named && v == "example" && j.words.kind(j.word) == passwordWord && isConstantName(j.key[strings.LastIndexByte(j.key, '.')+1:]):
		return weakAnswer, true
	}
	return a, ok
}

// isForEmulator tells the keys that emulators of AWS take: they ask for any.
func (j *judge) isForEmulator(v string) bool {
	switch v {
	case "test", "localstack", "local", "foo", "bar", "fake", "dummy":
	default:
		return false
	}
	for i := range j.words.count {
		if j.words.is(i, "aws", "s3", "dynamodb", "sqs", "localstack") {
			return j.words.is(j.word, "key", "secret", "accesskey", "secretkey") && (j.words.is(j.word-1, "access", "secret") || j.words.kind(j.word) == hiddenWord)
		}
	}
	return false
}

// encoded judges a value by what it decodes to.
func (j *judge) encoded(v string) (Answer, bool) {
	if j.depth >= maxDecoded || isObjectName(v) || isDigits(v) {
		return Answer{}, false
	}
	plain, how, ok := Decode(v)
	if !ok {
		return Answer{}, false
	}
	cut := isCut(plain, how)
	if binaryForm([]byte(plain)) == unknownBinary && !j.isWorthDecoding(v, plain) {
		return Answer{}, false
	}
	inner := *j
	inner.depth++
	a := inner.answer(plain)
	if user, password, found := strings.Cut(plain, ":"); found && a.Class != Reference && user != "" && !strings.ContainsAny(user, "{}/ \n") && !strings.ContainsAny(password, "/\n") {
		if a = inner.answer(password); a.Class == Public {
			a = Answer{Class: Plaintext, Evidence: "it is a user name and a password in base64"}
		}
	}
	return a.truncated(cut), true
}

// truncated is the answer to a value of which only the beginning was read, where cut is
// true.
func (a Answer) truncated(cut bool) Answer {
	a.Truncated = a.Truncated || cut
	return a
}

// isWorthDecoding tells whether what a text decodes to is more likely what was
// meant than an accident: words, or a structure.
func (j *judge) isWorthDecoding(v, plain string) bool {
	if len(plain) >= 24 || v[len(v)-1] == '=' {
		return true
	}
	return isWordy(plain) && looksRandom(v)
}

// binary judges a value that is no text. What was written without being encoded,
// in a place for base64, is judged as it was written.
func (j *judge) binary(value string) Answer {
	if strings.HasPrefix(value, "\x1f\x8b") {
		if plain, ok := inflate([]byte(value)); ok && j.depth < maxDecoded {
			inner := *j
			inner.depth++
			return inner.answer(plain).truncated(isCut(plain, "gzip"))
		}
	}
	switch binaryForm([]byte(value)) {
	case encryptedBinary:
		return Answer{Class: Encrypted, Evidence: "it is an encrypted file"}
	case harmlessBinary:
		return Answer{Class: Public, Evidence: "it is a picture, a document or an archive"}
	case keyStore:
		return Answer{Class: Plaintext, Evidence: "it is a key store"}
	case derStructure:
		return ofDER([]byte(value))
	}
	if a, ok := writtenPlain(value); ok {
		return a
	}
	if j.in == Named && j.level < Promises || j.level == NamesPublic {
		return Answer{Class: Public, Evidence: "its key names no secret"}
	}
	return Answer{Class: Plaintext, Evidence: "it is binary data where a secret is expected"}
}
