package secrets

// Level is what a key says about its value.
type Level int8

// The levels, in their order.
const (
	// NamesPublic is a key that names what is no secret, whatever other words it
	// has: tokenUrl, secretName, passwordMinLength, username.
	NamesPublic Level = iota - 1
	// SaysNothing is a key without a word that is known: foo, config.
	SaysNothing
	// Suggests is a key of something that often is a secret and often is not: salt,
	// auth, stripe_key. A value counts if it looks like one.
	Suggests
	// Promises is a key of a secret: db.password, AWS_SECRET_ACCESS_KEY.
	Promises
)

// Promise tells whether the name of a place says that a secret stands there. key
// is a path with its parts joined by dots; the last part counts most, and its
// parents where it says nothing itself.
func Promise(key string) Level {
	var k keyWords
	k.split(key)
	return k.promise()
}

func (k *keyWords) promise() Level {
	level, _ := k.judge()
	return level
}

// judge returns the level of a key and the index of the word that decides it, or
// -1.
func (k *keyWords) judge() (Level, int) {
	last, own := k.count-1, true
	for parents := 0; last >= 0 && parents < 3; parents++ {
		level, word := k.judgePart(last)
		if own && level == NamesPublic && k.isService(last) {
			level, word = SaysNothing, -1
		}
		if own && level == SaysNothing && k.start(last) == last && k.is(last, "encryption", "signing", "hmac", "aes", "fernet", "api") {
			level, word = Suggests, last // a map with a key in it
		}
		if first := k.start(last); own && level <= SaysNothing && first < last && k.isOfTokens(last) {
			level, word = Suggests, first // JwtOptions, with a key in it
		}
		switch {
		case level == NamesPublic && !own && !k.isReference(word):
			return SaysNothing, -1
		case level == Promises && !own:
			return k.taken(Suggests, word), word
		case level != SaysNothing:
			return k.taken(level, word), word
		}
		first := k.start(last)
		if !k.transparent(first, last) {
			if !own {
				break
			}
			own = false
		}
		last = first - 1
	}
	return SaysNothing, -1
}

// isService tells a part that is only the name of a service which has a secret, in a
// map of secrets: secrets.mail.
func (k *keyWords) isService(last int) bool {
	return last > 0 && k.start(last) == last && k.is(last, "mail", "email", "database", "db", "registry", "broker", "queue", "proxy", "gateway", "server") &&
		k.is(last-1, "secrets", "credentials", "passwords", "creds") && k.start(last-1) == last-1
}

// transparent tells whether the words of a part say nothing at all, so that its
// parent speaks for it: "password.value".
func (k *keyWords) transparent(first, last int) bool {
	for i := first; i <= last; i++ {
		if kind := k.kind(i); kind != neutralWord && kind != formatWord {
			return false
		}
	}
	return true
}

// isReference tells whether word i says that the part names another object:
// "secretKeyRef.key".
func (k *keyWords) isReference(i int) bool {
	return k.is(i, "ref", "refs", "reference", "selector", "from", "template")
}

// taken takes a promise back that other words of the part deny: existingSecret,
// imagePullSecrets, createToken.
func (k *keyWords) taken(level Level, word int) Level {
	if level <= SaysNothing || word < 0 {
		return level
	}
	first := k.start(word)
	switch {
	case k.isAbout(first - 1):
		return min(level, Suggests)
	case k.is(first-1, "checksum", "checksums"), k.is(first, "err", "error", "errors", "invalid", "wrong", "msg", "message") && first < word, k.kind(word) == passwordWord && first < word && k.is(first, "ask", "prompt", "update", "rotate", "expire"):
		return NamesPublic
	case k.is(word-1, "key") && k.is(word-2, "access") && k.kind(word) == secretWord:
		return level // the secret of an access key, and not the one that has a key
	case first < word && k.is(first, "existing", "use", "using", "create", "enable", "disable", "is", "has", "allow", "show", "hide", "generate", "autogenerate", "skip", "min", "max",
		"from", "image", "automount", "mount", "load", "include", "exclude", "needs", "send", "requires", "supports", "forgot", "change", "no", "without", "with"):
		return NamesPublic
	case k.kind(word) == passwordWord && k.is(word-1, "pam") && k.start(word) == word-1:
		return NamesPublic // how a program changes passwords: pam_password
	case k.is(word-1, "external") && k.is(word-2, "turn", "prosody"):
		return level
	case k.is(word-1, "pull", "from", "tls", "ssl", "trust", "ref", "existing", "external", "key", "ca", "cert", "certificate", "config", "keystore", "truststore") && k.kind(word) == secretWord && k.words[word-1].part == k.words[word].part:
		return NamesPublic
	case k.kind(word) == tokenWord && k.is(word-1, "csrf", "xsrf", "continue", "next", "page", "pagination", "sync", "end", "start", "pad", "bos", "eos", "unk", "stop", "max", "min",
		"prompt", "completion", "input", "output", "num", "count", "special", "design", "color"):
		return NamesPublic
	case k.is(word, "pass") && k.is(word-1, "proxy", "fastcgi", "uwsgi", "scgi", "grpc", "by", "first", "second", "single", "two", "multi", "low", "high", "band", "all"):
		return NamesPublic
	}
	return level
}

// isAbout tells whether word i is that of a part under which stand texts for people, or
// rules, by the names of what they are about: errors.password, severities.weak-secret.
func (k *keyWords) isAbout(i int) bool {
	return k.is(i, "errors", "messages", "i18n", "locale", "locales", "translations", "labels", "validation", "validations", "severities", "severity") ||
		k.is(i, "rules", "checks", "lint") && k.start(i) == i
}

// judgePart judges the part that ends with word last.
func (k *keyWords) judgePart(last int) (Level, int) {
	first := k.start(last)
	end := last
	for end > first && (k.kind(end) == neutralWord || k.kind(end) == formatWord) {
		end--
	}
	switch k.kind(end) {
	case passwordWord, tokenWord, credentialWord, hiddenWord:
		return Promises, end
	case secretWord:
		return Promises, end
	case keyWord:
		return k.judgeKey(first, end), end
	case authWord:
		if k.is(end, "masterauth") || k.is(end-1, "redis", "sentinel", "master") {
			return Promises, end
		}
		return Suggests, end
	case hintWord:
		return k.judgeHint(first, end), end
	case certificateWord, hashWord, plainWord:
		return NamesPublic, end
	case publicKeyWord:
		if k.is(end, "public", "primary", "cache", "group", "node", "topology", "locale", "param", "column") {
			return NamesPublic, end
		}
	case publicWord:
		return k.judgePublic(first, end), end
	case describingWord:
		return k.judgeDescribing(first, end)
	case qualifierWord:
		if k.is(end, "private", "encrypt") && (end == first || k.is(end, "private")) {
			return Suggests, end
		}
		if k.is(end, "encryption", "encrypt", "security") && end > first && k.kind(end-1) == passwordWord {
			return NamesPublic, end
		}
		if k.is(end, "app", "application", "account", "service", "deployment", "client", "storage", "function", "integration", "aws", "azure", "gcp", "subscription") {
			return NamesPublic, end
		}
	}
	if k.is(end, "maps") && end > first && k.kind(end-1) == passwordWord {
		return NamesPublic, end // of Postfix: where the passwords are looked up
	}
	if k.is(end, "connection") {
		if k.is(end+1, "string", "str") {
			return Suggests, end
		}
		return NamesPublic, end
	}
	return k.judgeInside(first, end)
}

// judgeKey judges a part whose last word is key, by the word before it: an access
// key is a secret, a primary key is none.
func (k *keyWords) judgeKey(first, end int) Level {
	if end == first {
		return k.judgeBareKey(first - 1)
	}
	for i := end - 1; i >= first; i-- {
		switch k.kind(i) {
		case certificateWord:
			if i == end-1 && k.is(i, "cert", "certificate") {
				return Suggests // that of kubeadm: with it the certificates are encrypted
			}
			return NamesPublic
		case publicKeyWord, hashWord:
			if k.is(i, "routing") {
				return Suggests // of an alert it is the credential, of a queue it is a name
			}
			return NamesPublic
		case secretWord:
			if i > first && k.is(i-1, "user", "username", "host", "hostname", "port", "email") {
				return NamesPublic // the key of a Secret under which the user stands
			}
			if k.is(i-1, "connection") && i > first {
				return NamesPublic // Crossplane: the keys of the Secret that it writes
			}
			return Promises
		case qualifierWord:
			return Promises
		case tokenWord:
			if k.is(i, "jwt") {
				return Promises // the key that the tokens are signed with
			}
			return NamesPublic
		case passwordWord, credentialWord, publicWord, describingWord:
			// passwordKey is the key under which a Secret has the password.
			return NamesPublic
		case authWord, hintWord, hiddenWord:
			return Promises
		case neutralWord, formatWord:
			continue
		}
		return Suggests
	}
	return SaysNothing
}

// judgeBareKey judges a part that is only "key", by its parent.
func (k *keyWords) judgeBareKey(parent int) Level {
	switch {
	case parent < 0:
		return SaysNothing
	case k.isReference(parent) || k.is(parent, "label", "labels", "annotation", "annotations", "items", "fields"):
		return NamesPublic
	case k.isOfTokens(parent):
		return Promises
	case k.kind(parent) == qualifierWord && !k.is(parent, "storage"), k.kind(parent) == authWord, k.kind(parent) == credentialWord, k.is(parent, "server"):
		return Promises
	}
	return SaysNothing
}

// isOfTokens tells whether a part is about the tokens that an application signs:
// JwtSettings.Key, Tokens.Key.
func (k *keyWords) isOfTokens(last int) bool {
	first := k.start(last)
	if !k.is(first, "jwt") && !(first == last && k.is(first, "tokens")) {
		return false
	}
	for i := first + 1; i <= last; i++ {
		if !k.is(i, "settings", "config", "options", "bearer", "auth", "token", "tokens", "configuration", "setting") {
			return false
		}
	}
	return true
}

// judgeHint judges a part whose last word may promise.
func (k *keyWords) judgeHint(first, end int) Level {
	switch {
	case k.is(end, "salt", "seed", "otp", "totp", "cookie", "sas", "signature"):
		for i := first; i < end; i++ {
			if k.is(end, "cookie") && k.is(i, "session") {
				continue // it has a name as often as a value
			}
			switch k.kind(i) {
			case passwordWord, secretWord, tokenWord, authWord, qualifierWord, hiddenWord, hintWord, hashWord:
				return Promises
			}
			if k.is(i, "erlang", "rabbitmq", "mfa", "wallet", "auth", "key", "security") {
				return Promises
			}
		}
	}
	return Suggests
}

// judgePublic judges a part whose last word names something public: user, url.
func (k *keyWords) judgePublic(first, end int) Level {
	if end > first && k.is(end, "users") && (k.is(end-1, "basicauth") || k.is(end-1, "auth") && k.is(end-2, "basic")) {
		return Promises // users with their passwords, or hashes of them
	}
	if end > first && k.is(end, "user", "db", "database", "server", "cluster", "registry") && k.kind(end-1) == passwordWord {
		return Promises
	}
	if end > first && k.is(end, "url", "urls", "uri") && k.kind(end-1) == hintWord || end == first && k.is(end, "login") && k.is(end-1, "sonar") {
		return Suggests // sonar.login is a token as often as a name
	}
	return NamesPublic
}

// judgeDescribing judges a part whose last word describes. The secret_id of an
// AppRole of Vault is a secret.
func (k *keyWords) judgeDescribing(first, end int) (Level, int) {
	switch {
	case k.is(end, "id") && end > first && k.is(end-1, "secret"):
		return Suggests, end - 1
	case k.is(end, "id") && end > first+1 && k.is(end-1, "token") && k.is(end-2, "root"):
		return Promises, end - 1 // a server of Vault for developers takes it as the token
	case k.is(end, "list") && k.is(first-1, "chpasswd"):
		return Promises, first - 1 // of cloud-init: lines of users and passwords
	}
	return NamesPublic, end
}

// judgeInside judges a part whose last word is not known, by the words before it:
// passwordOfAlice.
func (k *keyWords) judgeInside(first, end int) (Level, int) {
	for i := end; i >= first; i-- {
		switch k.kind(i) {
		case passwordWord:
			if k.is(i, "pass", "pw") {
				return Suggests, i
			}
			return Promises, i
		case secretWord, tokenWord, credentialWord, hiddenWord:
			return Suggests, i
		case keyWord:
			if level := k.judgeKey(first, i); level > SaysNothing {
				return Suggests, i
			}
		}
	}
	return SaysNothing, -1
}
