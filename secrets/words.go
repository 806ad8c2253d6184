package secrets

// maxKey is how many bytes of a key are read, from its end: the last words say
// what it is for.
const maxKey = 160

// maxWords is how many words of a key are told apart, from its end.
const maxWords = 32

// wordKind is what a word of a key says about the value.
type wordKind uint8

const (
	unknownWord     wordKind = iota
	neutralWord              // says nothing: value, data, old
	formatWord               // the ending of a file name: yaml, properties
	passwordWord             // password, passwd, pwd
	secretWord               // secret
	tokenWord                // token
	credentialWord           // credentials
	keyWord                  // key: the word before it decides
	authWord                 // auth, authorization
	hiddenWord               // promises by itself: bearer, mnemonic, htpasswd
	hintWord                 // may promise: salt, seed, dsn, license
	qualifierWord            // makes a key a secret one: api, access, signing
	publicKeyWord            // makes a key an ordinary one: public, primary, partition
	publicWord               // names what identifies: user, host, region
	describingWord           // names what is about a secret and not it: name, ref, file, length
	hashWord                 // hash, digest, checksum
	certificateWord          // crt, ca, pub
	plainWord                // names an ordinary setting, where it is the last word: currency, theme
)

// keyWords are the words of a key in lower case, with the part of the dotted path
// that each stands in. It is a value of fixed size, so that to read a key
// allocates nothing.
type keyWords struct {
	text  [maxKey]byte
	words [maxWords]wordAt
	count int
}

type wordAt struct {
	from, to uint8
	part     uint8
	kind     wordKind
}

func (k *keyWords) kind(i int) wordKind {
	if i < 0 || i >= k.count {
		return unknownWord
	}
	return k.words[i].kind
}

// start returns the index of the first word of the part that word i stands in.
func (k *keyWords) start(i int) int {
	for i > 0 && k.words[i-1].part == k.words[i].part {
		i--
	}
	return i
}

// split cuts a key at dots into parts, and the parts at punctuation, at capitals,
// and where known words are written together: "auth.dbUserName" has auth, db and
// username, "mysqlrootpassword" has mysqlroot and password.
func (k *keyWords) split(key string) {
	if len(key) > maxKey {
		key = key[len(key)-maxKey:]
	}
	from, part := 0, uint8(0)
	for i := 0; i < len(key); i++ {
		c := key[i]
		k.text[i] = lowerByte(c)
		switch {
		case isPartBreak(c), c == '~' && i+1 < len(key) && key[i+1] == '1': // ~1 is a slash in a pointer of JSON (RFC 6901)
			k.push(from, i, part)
			from = i + 1
			if c == '~' {
				from++
			}
			if part < 255 && k.count > 0 && k.words[k.count-1].part == part {
				part++
			}
		case !isAlnum(c) && c < 0x80:
			k.push(from, i, part)
			from = i + 1
		case i > from && isCapitalBreak(key, i):
			k.push(from, i, part)
			from = i
		}
	}
	k.push(from, len(key), part)
	k.joinNames()
}

func isPartBreak(c byte) bool {
	return c == '.' || c == '/' || c == '[' || c == ']' || c == ':' || c == '=' || c == '\\'
}

// isCapitalBreak tells whether a word begins at the capital key[i]: after a small
// letter or digit, or as the last capital of "APIKey" or "DBPassword".
func isCapitalBreak(key string, i int) bool {
	if !isUpper(key[i]) {
		return false
	}
	return !isUpper(key[i-1]) || i+1 < len(key) && isLower(key[i+1]) && !(key[i+1] == 's' && (i+2 == len(key) || !isLower(key[i+2])))
}

// push adds the word text[from:to], cut where known words are written together.
func (k *keyWords) push(from, to int, part uint8) {
	for to > from && isDigit(k.text[to-1]) && !isKnownWithDigits(string(k.text[from:to])) {
		to--
	}
	if to <= from {
		return
	}
	kind := kindOf(string(k.text[from:to]))
	if kind == unknownWord && to-from >= 5 {
		if at := k.joint(from, to); at > from {
			k.push(from, at, part)
			k.push(at, to, part)
			return
		}
	}
	if k.count == maxWords {
		copy(k.words[:], k.words[1:])
		k.count--
	}
	k.words[k.count] = wordAt{uint8(from), uint8(to), part, kind}
	k.count++
}

func isKnownWithDigits(w string) bool {
	switch w {
	case "base64", "b64", "oauth2", "sha1", "sha256", "sha512", "md5", "x509", "ed25519", "p12", "pkcs12", "pkcs8", "s3", "k8s":
		return true
	}
	return false
}

// joint returns where the last known word of text[from:to] begins, or 0 where it
// is one word for all that is known.
func (k *keyWords) joint(from, to int) int {
	w := string(k.text[from:to])
	if isWholeWord(w) {
		return 0
	}
	for _, suffix := range strongEndings {
		if len(w) > len(suffix) && w[len(w)-len(suffix):] == suffix {
			return to - len(suffix)
		}
	}
	if hasEnding(w, "key") || hasEnding(w, "keys") {
		at := len(w) - len("key")
		if w[len(w)-1] == 's' {
			at--
		}
		if n := qualifierBefore(w[:at]); n == at {
			return from + at
		} else if n > 0 {
			return from + at - n
		}
	}
	return from + jointBefore(w)
}

func hasEnding(w, ending string) bool {
	return len(w) > len(ending) && w[len(w)-len(ending):] == ending
}

// strongEndings are words that are known at the end of a longer one, whatever
// comes before them.
var strongEndings = []string{
	"passphrase", "passwords", "password", "passwort", "kennwort", "passwd", "passcode", "credentials", "credential", "secrets", "secret",
	"tokens", "token", "username", "hostname", "accountname", "dbname", "clustername", "bucketname", "servername", "pwd", "pass", "motdepasse",
}

// isWholeWord tells words of the language that end like one of strongEndings.
func isWholeWord(w string) bool {
	switch w {
	case "bypass", "compass", "encompass", "trespass", "surpass", "overpass", "underpass", "monkey", "donkey", "turkey", "hockey", "whiskey", "jockey", "hotkey",
		"keyboard", "passive", "passthrough", "passthru", "passport", "passenger", "passing", "passage", "tokenizer", "tokenize", "secretary", "author",
		"authority", "authenticator", "keyspace", "keynote", "pinned", "opinion", "mapping":
		return true
	}
	return false
}

// qualifierBefore returns the length of the word at the end of w, before "key",
// that makes the key a secret or an ordinary one, or 0.
func qualifierBefore(w string) int {
	for n := min(len(w), 12); n >= 3; n-- {
		switch kindOf(w[len(w)-n:]) {
		case qualifierWord, publicKeyWord, secretWord, tokenWord, passwordWord, authWord, hashWord:
			return n
		}
	}
	return 0
}

// jointBefore returns where a word such as name or url begins in "tokenurl" and
// "secretname", or 0.
func jointBefore(w string) int {
	for at := len(w) - 2; at >= 4 && at >= len(w)-10; at-- {
		switch kindOf(w[at:]) {
		case describingWord, hashWord, publicWord, neutralWord, keyWord:
		default:
			continue
		}
		if endsWithSecret(w[:at]) {
			return at
		}
	}
	return 0
}

func endsWithSecret(w string) bool {
	for n := min(len(w), 12); n >= 4; n-- {
		switch kindOf(w[len(w)-n:]) {
		case passwordWord, secretWord, tokenWord, credentialWord:
			return true
		}
	}
	return false
}

// joinNames makes one word of two that are one thing: "user name", "host name".
func (k *keyWords) joinNames() {
	for i := 1; i < k.count; i++ {
		if k.is(i, "name") && k.words[i-1].part == k.words[i].part && k.words[i-1].kind == publicWord {
			k.words[i].kind = publicWord
		}
	}
}

func lowerByte(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}

func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool  { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return isUpper(c) || isLower(c) }
func isAlnum(c byte) bool  { return isLetter(c) || isDigit(c) }

// is tells whether word i is one of the given ones.
func (k *keyWords) is(i int, any ...string) bool {
	if i < 0 || i >= k.count {
		return false
	}
	w := k.text[k.words[i].from:k.words[i].to]
	for _, s := range any {
		if string(w) == s {
			return true
		}
	}
	return false
}
