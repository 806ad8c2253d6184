package token

import "strings"

// MatchNamed tells whether the whole of value is a credential of a form that only
// the name of its key makes certain, such as an AWS secret access key. key is the name
// of the setting, in any style: AWS_SECRET_ACCESS_KEY, awsSecretAccessKey.
func MatchNamed(key, value string) (Hit, bool) {
	trimmed := strings.TrimSpace(value)
	start := strings.Index(value, trimmed)
	if len(trimmed) < minNamed || len(trimmed) > maxNamed {
		return Hit{}, false
	}
	name, text := squeezed(key), []byte(trimmed)
	if !isSecretName(name) {
		return Hit{}, false
	}
	for _, form := range knownByName() {
		if len(text) < form.min || !form.family.isNamed(name) {
			continue
		}
		if end, ok := form.end(text, 0); !ok || end != len(text) {
			continue
		}
		if form.family.prove != nil {
			if _, ok := form.family.prove(text); !ok {
				continue
			}
		}
		return Hit{Start: start, End: start + len(trimmed), Family: form.family, Proof: KeyName,
			Evidence: form.family.evidenceOf(KeyName), Example: isExample(text) || isSample(text)}, true
	}
	return Hit{}, false
}

// The lengths of values of named forms.
const (
	minNamed = 14
	maxNamed = 300
)

// squeezed writes a name in lower case without what joins its words.
func squeezed(name string) string {
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < 256; i++ {
		if c := name[i]; isLetter(c) || isDigit(c) {
			b.WriteByte(lowered(c))
		}
	}
	return b.String()
}

// isNamed tells whether a name holds all the words, joined by a +, of one of the
// family's names.
func (f *Family) isNamed(name string) bool {
	for _, words := range f.names {
		all := true
		for word := range strings.SplitSeq(words, "+") {
			all = all && strings.Contains(name, word)
		}
		if all {
			return true
		}
	}
	return false
}

// isSecretName tells whether a name is that of a secret, and not that of the ID or the
// address which stands beside it.
func isSecretName(name string) bool {
	for _, end := range []string{"id", "name", "url", "host", "sha", "hash", "digest", "checksum", "version", "revision", "commit", "file", "path", "ref"} {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	for _, word := range []string{"key", "token", "secret", "pass", "pwd", "auth", "cred", "license", "pat", "psk", "encrypt", "gossip", "contribsys", "bot"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
