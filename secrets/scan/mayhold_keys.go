package scan

import (
	"bytes"
	"encoding/binary"

	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// knownKey is what a word says.
type knownKey struct {
	word   string
	level  secrets.Level
	traits traits // none where nobody has asked
}

// traits are what a word says as a key.
type traits uint16

const (
	asked      traits = 1 << iota
	telling           // below it every value may be a secret
	tellingIf         // so does this one, in an ExternalSecret
	kindKey           // kind
	versionKey        // apiVersion
	pointerKey        // path
	proseKey          // of a text for people
	nameKey           // of the name of a pair
	valueKey          // of its value
	contentKey        // of the content of a file that is written out
	pathKey           // of where that goes
	shellKey          // of a command line
	wordsKey          // of its words
	fileKey           // it names a file of a known format
)

func traitsOf(key string) traits {
	t := asked
	for _, trait := range []struct {
		of traits
		is bool
	}{
		{telling, tellsAlways(key)}, {tellingIf, key == "template" || key == "literal"}, {kindKey, key == "kind"}, {versionKey, key == "apiVersion"},
		{pointerKey, key == "path"}, {proseKey, isProseKey(key)}, {nameKey, isNameKey(key)}, {valueKey, isValueKey(key)}, {contentKey, isContentKey(key)},
		{pathKey, isPathKey(key)}, {shellKey, isShellKey(key)}, {wordsKey, isWordsKey(key)}, {fileKey, isFileKey(key)},
	} {
		if trait.is {
			t |= trait.of
		}
	}
	return t
}

// tellsAlways knows the keys below which every value may be a secret.
func tellsAlways(key string) bool {
	switch key {
	case "stringData", "secretGenerator", "configMapGenerator", "encryptedData", "binaryData", "secretTemplates",
		"encrypted_regex", "encrypted_suffix", "kty", "fake", "chpasswd":
		return true
	}
	return len(key) > len("data") && key[0]|0x20 == 's' && dataKey(key) != ""
}

// isContentKey and isPathKey know the keys of a file that is written out: its content,
// and where it goes.
func isContentKey(key string) bool { return key == "content" || key == "contents" }

func isPathKey(key string) bool {
	return key == "path" || key == "filename" || key == "dest" || key == "destination"
}

// isFileKey tells whether a key names a file of a known format.
func isFileKey(key string) bool {
	return isFileName(key) || settings.FormatOf(key, nil) != settings.Unknown
}

// level is secrets.Promise, remembered: the keys of a file repeat.
func (s *sweep) level(word []byte) secrets.Level {
	if len(word) > maxName {
		return secrets.Promise(string(word))
	}
	return s.slot(word).level
}

// key is what a word says as a key.
func (s *sweep) key(word []byte) knownKey {
	if len(word) > maxName {
		return knownKey{string(word), secrets.Promise(string(word)), traitsOf(string(word))}
	}
	slot := s.slot(word)
	if slot.traits == 0 {
		slot.traits = traitsOf(slot.word)
	}
	return *slot
}

// slot is what is known of a word.
func (s *sweep) slot(word []byte) *knownKey {
	slot := &s.known[hashOf(word)%uint32(len(s.known))]
	if slot.word != string(word) {
		*slot = knownKey{word: string(word)}
		slot.level = secrets.Promise(slot.word)
	}
	return slot
}

// hashOf spreads words over a table.
func hashOf(word []byte) uint32 {
	h := uint64(len(word))
	for len(word) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(word)) * 0x9E3779B97F4A7C15
		h ^= h >> 32
		word = word[8:]
	}
	rest := uint64(0)
	for _, c := range word {
		rest = rest<<8 | uint64(c)
	}
	h = (h ^ rest) * 0x9E3779B97F4A7C15
	return uint32(h >> 40)
}

// below is the path of a key under a heading. It holds until the next call.
func (s *sweep) below(heading string, key []byte) []byte {
	s.path = append(append(append(s.path[:0], heading...), '.'), key...)
	return s.path
}

// Signs are the characters of a text that matter to what may stand in it.
type signs uint16

const (
	hasOther   signs = 1 << iota // none of those below
	hasBlank                     // a blank or a tab
	hasColon                     // :
	hasEquals                    // =
	hasDash                      // -
	hasEscape                    // \
	hasBrace                     // {
	hasClose                     // }
	hasBracket                   // [ ]
	hasLess                      // <
	hasQuote                     // " '
	hasSlash                     // /
	hasDollar                    // $
)

var signOf = func() (of [256]signs) {
	for c := range of {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' {
			continue
		}
		of[c] = hasOther
	}
	for sign, chars := range map[signs]string{hasBlank: " \t", hasColon: ":", hasEquals: "=", hasDash: "-", hasEscape: `\`, hasBrace: "{", hasClose: "}", hasBracket: "[]", hasLess: "<", hasQuote: `"'`, hasSlash: "/", hasDollar: "$"} {
		for _, c := range []byte(chars) {
			of[c] = sign
		}
	}
	return of
}()

func signsOf(text []byte) (all signs) {
	for _, c := range text {
		all |= signOf[c]
	}
	return all
}

// isOneWord tells whether a text of these signs is one word, or a path of words, and
// no flag.
func isOneWord(text []byte, all signs) bool {
	return all&^(hasDash|hasSlash) == 0 && (all&hasDash == 0 || text[0] != '-' && !bytes.Contains(text, []byte("/-")))
}
