// Package secrets tells what a value is: plaintext, placeholder, encrypted,
// reference, public?
//
// It is pure and knows no files and no objects: a key, a value, an answer. It
// never returns a part of the value.
package secrets

import (
	"bytes"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
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
}

// Classify tells what the value under a key is. key is the path of the value as
// far as it says what it is for, its parts joined by dots ("spring.datasource.password");
// value is decoded: what a program that is given it would see.
func Classify(key, value string, in Context) Answer {
	return Answer{Class: classOf(key, value)}
}

func classOf(key, value string) Class {
	trimmed := strings.TrimSpace(value)
	switch {
	case trimmed == "":
		return Empty
	case isEncrypted(trimmed):
		return Encrypted
	case isReference(trimmed):
		return Reference
	case isTemplate(trimmed):
		return Template
	case isPlaceholder(trimmed):
		return Placeholder
	case isHash(trimmed):
		return Hash
	}
	if class, ok := classOfPEM(trimmed); ok {
		return class
	}
	if isPublicKey(trimmed) || isPublicName(key) && !isToken(trimmed) && !hasCredentialInURL(trimmed) && !hasTokenInPath(trimmed) {
		return Public
	}
	return Plaintext
}

// pattern compiles a regular expression when it is first needed.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// sopsValue is the form of a value that SOPS has encrypted (getsops/sops,
// aes/cipher.go), and of nothing else.
var sopsValue = pattern(`^ENC\[AES256_GCM,data:[A-Za-z0-9+/]*={0,2},iv:[A-Za-z0-9+/]+={0,2},tag:[A-Za-z0-9+/]+={0,2},type:(str|int|float|bytes|bool|comment)\]$`)

func isEncrypted(v string) bool {
	return strings.HasPrefix(v, "ENC[AES256_GCM,") && sopsValue().MatchString(v) ||
		strings.HasPrefix(v, "$ANSIBLE_VAULT;1.") ||
		strings.HasPrefix(v, "-----BEGIN AGE ENCRYPTED FILE-----") ||
		strings.HasPrefix(v, "-----BEGIN PGP MESSAGE-----")
}

// references are the forms of argocd-vault-plugin, vals, bank-vaults, 1Password and
// AWS Secrets Manager.
var references = []func() *regexp.Regexp{
	pattern(`^<path:[^>#]+#[^>]+>$`),
	pattern(`^(secret)?ref\+(vault|awssecrets|awsssm|gcpsecrets|azurekeyvault|sops|tfstate|k8s|op|doppler|bitwarden|onepasswordconnect)://\S+$`),
	pattern(`^(vault|>>vault):[A-Za-z0-9_./-]+#[^\s#]+$`),
	pattern(`^op://[^/]+/[^/]+/\S+$`),
	pattern(`^arn:aws[a-z-]*:secretsmanager:\S+$`),
}

func isReference(v string) bool {
	return strings.ContainsAny(v, ":") && len(v) < 2048 &&
		slices.ContainsFunc(references, func(r func() *regexp.Regexp) bool { return r().MatchString(v) })
}

// wholeTemplate is a value that is nothing but one or more actions.
var wholeTemplate = pattern(`^(\{\{[^{}]*\}\}|\$\{[A-Za-z_][A-Za-z0-9_.]*\}|\$\([A-Za-z_][A-Za-z0-9_]*\)|\s)+$`)

// defaultInTemplate is an action that holds a literal to fall back on.
var defaultInTemplate = pattern("default\\s+[\"'`][^\"'`]+[\"'`]|\\|\\s*default\\s+\\S|\"[^\"]{8,}\"")

func isTemplate(v string) bool {
	return strings.ContainsAny(v, "{(") && len(v) < 4096 && wholeTemplate().MatchString(v) && !defaultInTemplate().MatchString(v)
}

// placeholders are texts that ask to be replaced, in lower case without blanks
// and punctuation.
var placeholders = []string{
	"changeme", "changeit", "changethis", "replaceme", "replacethis", "fillme", "fillmein", "fixme", "todo", "tbd", "placeholder",
	"redacted", "example", "dummy", "none", "null", "notset", "unset", "insertme", "overrideme", "overwriteme", "setme", "yourpassword",
	"yoursecret", "yourtoken", "yourkey", "yourapikey",
}

var placeholderForm = pattern(`(?i)^(<[^<>]{1,100}>|\[[A-Z_ -]{3,60}\]|x{3,}|\*{3,}|\.{3,}|-{3,}|_{3,}|0{6,}|your[-_ ][a-z0-9_ -]{2,50}|(insert|enter|put|add|paste|replace|change|fill|set)[-_ ][a-z0-9_ -]{2,60}|%[A-Z0-9_]+%|@@?[A-Z0-9_]+@@?|__[A-Z0-9_]+__)$`)

func isPlaceholder(v string) bool {
	if len(v) > 120 {
		return false
	}
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.!<>[]{}*", r) {
			return -1
		}
		return r
	}, strings.ToLower(v))
	return slices.Contains(placeholders, bare) || placeholderForm().MatchString(v) && !looksRandom(v)
}

// looksRandom tells whether a text in angle brackets is more likely a value than a
// description: one word with capitals, small letters and digits.
func looksRandom(v string) bool {
	return len(v) >= 14 && !strings.ContainsAny(v, " ") && strings.ContainsFunc(v, unicode.IsDigit) &&
		strings.ContainsFunc(v, unicode.IsUpper) && strings.ContainsFunc(v, unicode.IsLower)
}

var hashForm = pattern(`^([^:\s]+:)?(\$2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$argon2(id|i|d)\$\S+|\$apr1\$\S+\$\S+|\$[156]\$[^$\s]+\$\S+|\{SHA\}[A-Za-z0-9+/]{27}=|\{SSHA\}[A-Za-z0-9+/=]+|\$scrypt\$\S+|pbkdf2[_:$]\S+)$`)

// isHash tells whether every line of v is a password hash, as in an htpasswd file.
func isHash(v string) bool {
	if !strings.ContainsAny(v, "${") {
		return false
	}
	for line := range strings.Lines(v) {
		if line = strings.TrimSpace(line); line != "" && !hashForm().MatchString(line) {
			return false
		}
	}
	return true
}

// classOfPEM knows a text of PEM blocks by the most secret of them. Anything else
// beside the blocks may be a secret, too.
func classOfPEM(v string) (Class, bool) {
	if !strings.HasPrefix(v, "-----BEGIN ") {
		return "", false
	}
	class := Public
	for rest := []byte(v); ; {
		rest = skipPEMComments(rest)
		if len(rest) == 0 {
			return class, true
		}
		block, after := pem.Decode(rest)
		if block == nil || !strings.HasPrefix(string(rest), "-----BEGIN ") {
			return Plaintext, true
		}
		rest = after
		class = moreSecret(class, classOfBlock(block))
	}
}

func classOfBlock(block *pem.Block) Class {
	switch {
	case strings.Contains(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return Encrypted
	case strings.Contains(block.Type, "PRIVATE KEY"):
		return Credential
	case strings.Contains(block.Type, "CERTIFICATE"), strings.Contains(block.Type, "PUBLIC KEY"), strings.HasSuffix(block.Type, "PARAMETERS"), block.Type == "X509 CRL":
		return Public
	}
	return Plaintext
}

func moreSecret(a, b Class) Class {
	order := []Class{Public, Encrypted, Plaintext, Credential}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// skipPEMComments skips blank lines, and those that openssl and others write
// between blocks to say whose certificate follows.
func skipPEMComments(text []byte) []byte {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		word := strings.ToLower(string(bytes.TrimSpace(line)))
		if word != "" && !strings.HasPrefix(word, "#") && !strings.HasPrefix(word, "subject") && !strings.HasPrefix(word, "issuer") {
			return text
		}
		text = rest
	}
	return text
}

var publicKey = pattern(`^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp[0-9]+|sk-[a-z0-9-]+@openssh\.com) [A-Za-z0-9+/=]+( .*)?$|^age1[a-z0-9]{58}$`)

func isPublicKey(v string) bool {
	return (strings.HasPrefix(v, "ssh-") || strings.HasPrefix(v, "ecdsa-") || strings.HasPrefix(v, "sk-") || strings.HasPrefix(v, "age1")) && publicKey().MatchString(v)
}

// publicNames are the last words of keys under which a value identifies and does
// not authenticate.
var publicNames = []string{
	"user", "username", "usr", "login", "host", "hostname", "hosts", "port", "address", "addr", "endpoint", "server", "region", "zone", "database",
	"dbname", "namespace", "email", "mail", "domain", "issuer", "realm", "scope", "type", "name", "url", "uri", "bucket", "project", "tenant", "schema",
}

// secretWords say that a key holds a secret, whatever its last word is.
var secretWords = []string{"pass", "secret", "token", "credential", "private", "apikey", "api_key", "api-key", "auth", "hook"}

// isPublicName tells whether a key names something that is not secret: its last
// word is one of publicNames and none of its words promises a secret.
func isPublicName(key string) bool {
	words := splitWords(key)
	if len(words) == 0 || !slices.Contains(publicNames, words[len(words)-1]) {
		return false
	}
	lower := strings.ToLower(key)
	return !slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(lower, w) })
}

// splitWords cuts a key at punctuation and at capitals: "dbUserName" has db, user
// and name.
func splitWords(key string) []string {
	var b strings.Builder
	previous := rune(0)
	for _, r := range key {
		switch {
		case r == utf8.RuneError, strings.ContainsRune("-_./ ", r):
			r = ' '
		case r >= 'A' && r <= 'Z' && previous >= 'a' && previous <= 'z':
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		previous = r
	}
	return strings.Fields(strings.ToLower(b.String()))
}

// tokenForm begins as the tokens of widely used services do, whatever the key says.
var tokenForm = pattern(`^(gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|hv[sb]\.|npm_|AIza|sk-|AKIA[A-Z0-9]{12}|eyJ[A-Za-z0-9_-]{10,}\.)[A-Za-z0-9_.-]{4,}`)

func isToken(v string) bool { return len(v) >= 16 && tokenForm().MatchString(v) }

var credentialInURL = pattern(`://[^/\s:@]*:[^/\s@]+@|[?&](access_token|token|key|api_?key|secret|password|sig|signature)=[^&\s]`)

func hasCredentialInURL(v string) bool {
	return strings.Contains(v, "://") && credentialInURL().MatchString(v)
}

// tokenInPath is a long word of letters and digits in the path of a URL, as in
// the address of an incoming webhook, which is a credential as a whole.
var tokenInPath = pattern(`://[^/\s]+/\S*?\b([A-Za-z]+[0-9]|[0-9]+[A-Za-z])[A-Za-z0-9_-]{14,}`)

func hasTokenInPath(v string) bool {
	return strings.Contains(v, "://") && tokenInPath().MatchString(v)
}
