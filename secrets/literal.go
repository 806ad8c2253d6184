package secrets

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"strings"
)

// literal judges a value that stands for itself. What is left to tell a secret from
// anything else is the key, and what the value looks like.
func (j *judge) literal(v string) Answer {
	if isPublicKey(v) || isKnownHosts(v) {
		return Answer{Class: Public, Evidence: "it is a public key"}
	}
	switch {
	case j.level == NamesPublic:
		return j.publicNamed(v)
	case j.in == Held && j.level == SaysNothing:
		return j.held(v)
	case j.level == Suggests:
		return j.suggested(v)
	}
	return j.promised(v)
}

// publicNamed judges a value under a key that names something public.
func (j *judge) publicNamed(v string) Answer {
	if j.in == Held && j.words.kind(j.word) == describingWord && looksRandom(v) && !isUUID(v) && !isPath(v) && !isDigest(v) && len(v) >= 20 && !j.words.is(j.word, "id", "ids", "name", "version", "path", "file", "location") {
		return Answer{Class: Plaintext, Evidence: "it looks like a secret, whatever its key says"}
	}
	return Answer{Class: Public, Evidence: "its key names something that is no secret"}
}

// held judges a value in a place for secrets, under a key that says nothing.
func (j *judge) held(v string) Answer {
	if evidence := publicForm(v); evidence != "" {
		return Answer{Class: Public, Evidence: evidence}
	}
	switch {
	case isNumber(v) && len(v) <= 14:
		return Answer{Class: Public, Evidence: "it is a number"}
	case j.readsLikeName(v):
		return Answer{Class: Public, Evidence: "it reads like the name of a thing"}
	case isPath(v):
		return Answer{Class: Public, Evidence: "it is the path of a file"}
	case isDigest(v) && strings.ContainsAny(v, ":-"):
		return Answer{Class: Public, Evidence: "it is a digest"}
	case isCommented(v), isProse(v), isWordList(v):
		return Answer{Class: Public, Evidence: "it is a text of comments or words, with no credential in it"}
	case j.words.is(j.words.count-1, "txt") && isSentence(v):
		return Answer{Class: Public, Evidence: "it is a text for people"}
	case j.isAccount(v), len(v) <= 3 && isLetter(v[0]) && isOnly(v, isAlnum) && !isGuessed(strings.ToLower(v)) && !isOneCharacter(v), len(v) == 1 && !isAlnum(v[0]):
		return Answer{Class: Public, Evidence: "it is the name of an account, or too short to be a secret"}
	case isWeak(&j.words, v):
		return weakAnswer
	}
	return Answer{Class: Plaintext, Evidence: "it is a literal in a place that is made for secrets"}
}

// isAccount tells the name of an account under a key of several words that ends with what
// it is: KEYCLOAK_ADMIN.
func (j *judge) isAccount(v string) bool {
	return j.words.count > 1 && j.words.is(j.words.count-1, "admin", "superuser") && isOnly(v, isLower)
}

// readsLikeName tells a name of two words in small letters, such as that of a cluster. More words are a passphrase, and under "key" anything is a secret.
func (j *judge) readsLikeName(v string) bool {
	return strings.Count(v, "-") == 1 && isObjectName(v) && isWordy(v) && Promise(v) == SaysNothing && !j.says(keyWord) && !isPraised(v)
}

var weakAnswer = Answer{Class: Weak, Evidence: "it is a literal that anyone guesses first"}

// suggested judges a value under a key that often is that of a secret and often is
// not.
func (j *judge) suggested(v string) Answer {
	switch {
	case j.words.is(j.word, "pin") && len(v) >= 4 && len(v) <= 8 && isDigits(v):
		return weakAnswer
	case j.in == Held:
		return j.promised(v)
	case j.words.kind(j.word) == authWord && isUserAndPassword(v):
		return Answer{Class: Plaintext, Evidence: "it is a user name and a password"}
	case len(v) >= 10 && v[0] != '-' && looksRandom(v) && !strings.ContainsAny(v, " \t\n") && publicForm(v) == "" && !isPath(v) && (!isUUID(v) || j.words.is(j.word, "secret", "tokens")) && (!isDigest(v) || isHex(v) && j.namesValue()) && !isIdentifierPath(v):
		return Answer{Class: Plaintext, Evidence: "its key suggests a secret, and it looks like one"}
	case j.words.kind(j.word) == authWord && isScheme(v):
		_, token, _ := strings.Cut(v, " ")
		if a := classify("token", token, j.in, j.depth+1); a.Class == Plaintext {
			return a
		}
	case (j.isUnderSecrets() || looksDrawn(v)) && isChosen(v):
		return Answer{Class: Plaintext, Evidence: "its key suggests a secret, and it looks like a password"}
	}
	return Answer{Class: Public, Evidence: "its key suggests a secret, and it looks like none"}
}

// isScheme tells the value of an Authorization header with a token in it.
func isScheme(v string) bool {
	scheme, token, _ := strings.Cut(v, " ")
	switch strings.ToLower(scheme) {
	case "bearer", "token", "apikey", "splunk", "bot", "key":
		return len(token) >= 12 && !strings.Contains(token, " ")
	}
	return false
}

// isUnderSecrets tells a value in a map that is by its name one of secrets, under a key
// that is only the name of what they are for.
func (j *judge) isUnderSecrets() bool {
	last := j.words.count - 1
	return j.word >= 0 && j.words.words[j.word].part != j.words.words[last].part && j.words.is(j.word, "secrets", "credentials", "creds", "secret", "passwords") && j.words.start(j.word) == j.word
}

// isChosen tells a text that may be a password: it has capitals, small letters and
// digits, and is no name, version or path.
func isChosen(v string) bool {
	if len(v) < 8 || len(v) > 128 || strings.ContainsAny(v, " \t\n") || publicForm(v) != "" || isPath(v) || isUUID(v) || isDigest(v) || isDate(v) || isURL(v) || isIdentifierPath(v) && isNameOfCode(v) {
		return false
	}
	upper, lower, digit := false, false, false
	for i := 0; i < len(v); i++ {
		upper, lower, digit = upper || isUpper(v[i]), lower || isLower(v[i]), digit || isDigit(v[i])
	}
	return upper && lower && digit
}

// looksDrawn tells a text that a generator has drawn with punctuation in it, so that no
// run of letters and digits is long: case and digits change within its words.
func looksDrawn(v string) bool {
	breaks, count := 0, 0
	for i := 0; i < len(v); i++ {
		if isAlnum(v[i]) {
			count++
			if i > 0 && isAlnum(v[i-1]) && isBreak(v[i-1], v[i]) {
				breaks++
			}
		}
	}
	return len(v) >= 12 && breaks >= 4 && breaks*4 >= count
}

// namesValue tells whether the word that suggests a secret is one for a value, and
// no digest is to be expected.
func (j *judge) namesValue() bool {
	switch j.words.kind(j.word) {
	case secretWord, tokenWord, credentialWord, keyWord, hiddenWord:
		return !j.says(hashWord)
	}
	return j.words.is(j.word, "login")
}

// isUserAndPassword tells "user:password".
func isUserAndPassword(v string) bool {
	user, password, found := strings.Cut(v, ":")
	return found && len(user) > 1 && len(password) >= 4 && isIdentifier(user) && !strings.ContainsAny(password, " /:") && !isDigits(password)
}

// isIdentifierPath tells names of code and of objects, with dots or slashes.
func isIdentifierPath(v string) bool {
	return strings.ContainsAny(v, "./") && isOnly(v, func(c byte) bool { return isAlnum(c) || strings.IndexByte("._/-", c) >= 0 }) && isWordy(v)
}

// promised judges a value under the key of a secret.
func (j *judge) promised(v string) Answer {
	password := j.words.kind(j.word) == passwordWord
	if a, ok := j.notSecret(v, password); ok {
		return a
	}
	if isWeak(&j.words, v) {
		return weakAnswer
	}
	return Answer{Class: Plaintext, Evidence: "it is a literal under the key of a secret"}
}

// notSecret tells what stands under the key of a secret and is none.
func (j *judge) notSecret(v string, password bool) (Answer, bool) {
	switch {
	case isDigestOfPassword(v):
		return Answer{Class: Hash, Evidence: "it is a digest that says so itself"}, true
	case j.namesElsewhere(v):
		return isReferenceAnswer, true
	case j.in == Held && isConstantName(v) && Promise(v) == Promises:
		return Answer{Class: Placeholder, Evidence: "it is the name of a variable"}, true
	case isCommented(v):
		return Answer{Class: Public, Evidence: "it is nothing but comments"}, true
	case j.in == Named && password && strings.Trim(v, "!*") == "":
		return Answer{Class: Public, Evidence: "it locks the account"}, true
	case j.in == Named && (isSwitch(v) || isTypeName(v) || len(v) == 1), !password && isSwitch(v):
		return Answer{Class: Public, Evidence: "it is a switch or the name of a type"}, true
	case j.in == Named && !password && isBeginning(v):
		return Answer{Class: Public, Evidence: "it is only the beginning of a token"}, true
	case j.isFingerprint(v):
		return Answer{Class: Public, Evidence: "it is the fingerprint of a key"}, true
	case isMeasure(v) && j.in == Named, !password && isMeasure(v), isDate(v):
		return Answer{Class: Public, Evidence: "it is a time or a size"}, true
	case !password && isNumber(v) && len(v) < 20 && !(isCounted(v) && j.words.is(j.word, "secret")) && (j.in == Named || j.level == Suggests && len(v) <= 5):
		return Answer{Class: Public, Evidence: "it is a number"}, true
	case password && isNameService(v) && j.words.is(j.word, "passwd"):
		return Answer{Class: Public, Evidence: "it says where users are looked up"}, true
	case j.in == Named && password && (v == "ask" || v == "prompt"):
		return Answer{Class: Public, Evidence: "it says that a person is asked"}, true
	case j.in == Named && !j.signsTokens() && (isForPeople(v) && !j.words.is(j.word, "passphrase", "psk", "mnemonic") || isMessage(v)):
		return Answer{Class: Public, Evidence: "it is a text for people"}, true
	case !password && publicForm(v) != "":
		return Answer{Class: Public, Evidence: publicForm(v)}, true
	case j.in == Named && (isPattern(v) || isEmail(v)):
		return Answer{Class: Public, Evidence: "it is a pattern or an address"}, true
	}
	return Answer{}, false
}

// signsTokens tells whether the key is that of what tokens are signed with, for which
// people write sentences.
func (j *judge) signsTokens() bool {
	for i := range j.words.count {
		if j.words.is(i, "jwt") {
			kind := j.words.kind(j.word)
			return kind == keyWord || kind == secretWord
		}
	}
	return false
}

// isNameService tells the sources of nsswitch.conf(5).
func isNameService(v string) bool {
	for word := range strings.FieldsSeq(v) {
		switch word {
		case "files", "sss", "systemd", "compat", "nis", "ldap", "winbind", "db", "altfiles", "mymachines", "extrausers":
		default:
			return false
		}
	}
	return true
}

// isBeginning tells a prefix that a program puts before what it makes: "glpat-".
func isBeginning(v string) bool {
	return len(v) <= 16 && len(v) > 2 && (v[len(v)-1] == '-' || v[len(v)-1] == '_') && isLetter(v[0]) && isIdentifier(v)
}

// isFingerprint tells the fingerprint or the ID of a key of OpenPGP under the key for
// the one that signs: hex, of which git takes any case and others write capitals.
func (j *judge) isFingerprint(v string) bool {
	if !j.words.is(j.word-1, "signing", "sign", "signer") && !j.words.is(j.word, "signer") {
		return false
	}
	v = strings.TrimPrefix(strings.ReplaceAll(v, " ", ""), "0x")
	if len(v) != 8 && len(v) != 16 && len(v) != 40 || !isHex(v) {
		return false
	}
	last := j.key[strings.LastIndexByte(j.key, '.')+1:]
	return strings.EqualFold(last, "signingkey") && (len(j.key) == len(last) || strings.HasSuffix(strings.ToLower(j.key), "user."+strings.ToLower(last))) && last == strings.ToLower(last) ||
		strings.ToUpper(v) == v
}

// isForPeople tells a text that is shown to people, or a piece of code: a sentence, lines
// of words, or the word of the key as a title.
func isForPeople(v string) bool {
	if isSentence(v) || isMessage(v) || strings.Count(v, "\n") > 0 && strings.ContainsAny(v, " \t") {
		return true
	}
	if !isUpper(v[0]) && v[0] < 0x80 {
		return false
	}
	var w keyWords
	w.split(v)
	title := strings.Contains(v, " ") || v[0] < 0x80 && isOnly(v[1:], isLower)
	return title && w.count > 0 && w.count <= 4 && w.promise() >= Suggests && isOnly(v, func(c byte) bool { return isLetter(c) || c == ' ' || c == ':' || c == '*' || c == '-' || c >= 0x80 })
}

// isMessage tells a few words about a secret, as a form or an error shows them: "wrong
// password", "Password is required".
func isMessage(v string) bool {
	if len(v) > 80 || strings.IndexByte(v, ' ') < 0 || !isOnly(v, func(c byte) bool { return isLetter(c) || strings.IndexByte(" .,;:!?'()-", c) >= 0 || c >= 0x80 }) {
		return false
	}
	var w keyWords
	w.split(v)
	about, says := false, false
	for i := range w.count {
		about = about || w.kind(i) == passwordWord || w.kind(i) == secretWord || w.kind(i) == tokenWord || w.kind(i) == credentialWord || w.kind(i) == keyWord
		says = says || w.is(i, "is", "are", "was", "has", "required", "invalid", "wrong", "incorrect", "bad", "expired", "missing", "forgot", "forgotten", "reset", "confirm", "repeat", "new", "current", "enter", "must", "cannot",
			"not", "no", "match", "mismatch", "too", "changed", "change", "updated", "failed", "unknown", "empty", "show", "hide", "your", "the", "of", "for", "and", "or")
	}
	return about && says
}

// isTypeName tells the types of schemas and languages.
func isTypeName(v string) bool {
	switch strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(v, "!"), "[]")) {
	case "string", "str", "int", "integer", "bool", "boolean", "object", "array", "number", "float", "text", "varchar", "bytes", "any", "uuid", "secretstr", "password_field", "char", "blob", "optional[str]", "nullable":
		return true
	}
	return strings.HasPrefix(v, "varchar(") || strings.HasPrefix(v, "VARCHAR(") || strings.HasPrefix(v, "required|") || strings.HasPrefix(v, "string|")
}

// isPattern tells a regular expression or a wildcard.
func isPattern(v string) bool {
	return strings.HasPrefix(v, "^") && (strings.HasSuffix(v, "$") || strings.Contains(v, "[")) || strings.Contains(v, "[a-z") || strings.Contains(v, "[A-Z") || strings.Contains(v, "[0-9") || strings.Contains(v, `\d`) && strings.ContainsAny(v, "+*{") ||
		strings.Contains(v, "(?i)") || strings.Contains(v, ".*")
}

// isCommented tells a text of which every line is a comment.
func isCommented(v string) bool {
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "//") && strings.Contains(line, "/:_") {
			return false // a setting of npm for one registry
		}
		if rest := strings.TrimLeft(line, "#"); line != "" && !strings.HasPrefix(line, "//") && (rest == line || rest != "" && rest[0] != ' ' && rest[0] != '\t') {
			return false
		}
	}
	return true
}

// isProse tells several lines of words, or one list of words.
func isProse(v string) bool {
	if strings.Count(v, "\n") < 2 {
		return strings.Contains(v, ", ") && isWordy(v) && !strings.Contains(v, "\n")
	}
	lines, words := 0, 0
	for line := range strings.Lines(v) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		lines++
		if strings.Contains(line, " ") || line[0] == '#' || len(line) < 3 {
			words++
		}
	}
	return words*4 >= lines*3
}

// isCounted tells digits that count up, or one digit again and again.
func isCounted(v string) bool {
	return len(v) >= 5 && (isOneCharacter(v) || strings.HasPrefix("12345678901234567890", v))
}

// isWordList tells words in small letters with commas between them, such as the names of
// features.
func isWordList(v string) bool {
	words := 0
	for word := range strings.SplitSeq(v, ",") {
		if words++; len(word) < 3 || !isOnly(word, func(c byte) bool { return isLower(c) || c == '-' || c == '_' }) || looksRandom(word) {
			return false
		}
	}
	return words >= 2
}

// isKeyMaterial tells secrets of more than one line that have a form of their own.
func isKeyMaterial(v string) (Answer, bool) {
	if strings.HasPrefix(v, "DEC::") && strings.Contains(v, "[") {
		return Answer{Class: Plaintext, Evidence: "it is a value that eyaml has decrypted for an editor"}, true
	}
	return Answer{}, false
}

// ofDER judges an ASN.1 structure.
func ofDER(raw []byte) Answer {
	if _, err := x509.ParseCertificate(raw); err == nil {
		return Answer{Class: Public, Evidence: "it is a certificate"}
	}
	if _, err := x509.ParsePKIXPublicKey(raw); err == nil {
		return Answer{Class: Public, Evidence: "it is a public key"}
	}
	if _, err := x509.ParseCertificateRequest(raw); err == nil {
		return Answer{Class: Public, Evidence: "it is a certificate request"}
	}
	for _, parse := range []func([]byte) bool{isPKCS8, isPKCS1, isSEC1} {
		if parse(raw) {
			return Answer{Class: Credential, Family: privateKeyFamily, Evidence: "it is a private key in DER"}
		}
	}
	if bytes.Contains(raw[:min(len(raw), 64)], []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")) {
		// The object identifier of PBES2 (RFC 8018, appendix A.4).
		return Answer{Class: Encrypted, Evidence: "it is a private key under a passphrase"}
	}
	return Answer{Class: Plaintext, Evidence: "it is an ASN.1 structure that is not known to be public"}
}

func isPKCS8(raw []byte) bool { _, err := x509.ParsePKCS8PrivateKey(raw); return err == nil }
func isPKCS1(raw []byte) bool { _, err := x509.ParsePKCS1PrivateKey(raw); return err == nil }
func isSEC1(raw []byte) bool  { _, err := x509.ParseECPrivateKey(raw); return err == nil }

// maxWritten is the length up to which binary data is looked at as the base64 that
// it was decoded from.
const maxWritten = 64

// writtenPlain judges a short value that was decoded to nonsense because it was
// never encoded: "XXXX" or "changeme" in a place for base64.
func writtenPlain(value string) (Answer, bool) {
	if len(value) > maxWritten {
		return Answer{}, false
	}
	written := base64.StdEncoding.EncodeToString([]byte(value))
	if a, ok := placeholder(written); ok {
		return a, true
	}
	var none keyWords
	if !strings.HasSuffix(written, "=") && isWeak(&none, written) {
		return weakAnswer, true
	}
	return Answer{}, false
}
