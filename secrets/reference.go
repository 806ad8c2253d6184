package secrets

import "strings"

var isReferenceAnswer = Answer{Class: Reference, Evidence: "it names a value that is kept elsewhere"}

// maxReference is the length up to which a value is taken for a reference.
const maxReference = 4096

// reference knows the values that tools replace by what they name: of bank-vaults,
// 1Password, vals, the stores of the clouds, and Vault itself. (Those of
// argocd-vault-plugin are holes in a text, see holes.)
func reference(v string) (Answer, bool) {
	if len(v) > maxReference || len(v) < 6 || strings.ContainsAny(v, "\n\r") {
		return Answer{}, false
	}
	if isSchemeReference(v) || strings.HasPrefix(v, "file://") && isPath(v) || isCloudReference(v) || isBankVaults(v) || isColonReference(v) {
		return isReferenceAnswer, true
	}
	return Answer{}, false
}

// isSchemeReference knows URLs whose scheme names a store of secrets.
func isSchemeReference(v string) bool {
	scheme, rest, found := strings.Cut(v, "://")
	if !found || len(rest) < 3 || len(scheme) > 40 {
		return false
	}
	switch scheme {
	case "op":
		return strings.Count(rest, "/") >= 2
	case "awssm", "awssecretsmanager", "aws-sm", "awsssm", "awsps", "ssm", "secretsmanager", "gcpsm", "gsm", "sm", "gcp-sm", "gcpsecretmanager", "azkv", "azurekv", "azurekeyvault", "akv",
		"vault", "hashivault", "doppler", "infisical", "bws", "bitwarden", "keyring", "keepass", "keepassxc", "lastpass", "lpass", "pass", "gopass", "conjur", "akeyless", "1password",
		"onepassword", "awskms", "gcpkms", "azurekms", "k8s", "secret", "secrets", "secretref", "keychain", "chamber", "berglas", "sops", "teller", "env", "aws-secretsmanager", "gcp-secretmanager", "alias":
		return !hasUserInfo(v) && !strings.ContainsAny(rest, " ")
	}
	backend, ok := strings.CutPrefix(strings.TrimPrefix(scheme, "secret"), "ref+")
	return ok && isValsBackend(backend)
}

// isColonReference knows names of stores with a colon and a path behind them, and the
// types of maps and files with the path of one.
func isColonReference(v string) bool {
	scheme, rest, found := strings.Cut(v, ":")
	if !found || len(scheme) < 2 || len(scheme) > 20 || rest == "" || strings.HasPrefix(rest, "//") {
		return false
	}
	if rest[0] == '/' && isOnly(scheme, isLetter) && isPath(rest) {
		return true // lmdb:/etc/app/passwords, FILE:/etc/krb5.keytab
	}
	switch scheme {
	case "env", "ENV":
		return isIdentifier(rest) && !looksRandom(rest)
	case "cmd", "exec":
		return strings.Contains(rest, " ") && isWordy(rest)
	case "gcp", "aws", "azure":
		service, path, found := strings.Cut(rest, ":")
		return found && isOnly(service, func(c byte) bool { return isLower(c) || c == '-' }) && isNameInStore(path)
	case "ssm", "awsssm", "awsps", "awssm", "asm", "secretsmanager", "parameterstore", "gcpsm", "gsm", "vault", "azkv", "akv", "keyvault", "azurekeyvault", "azure-keyvault", "op", "doppler", "sops", "k8s", "secret", "secrets",
		"infisical", "bws", "conjur", "consul", "chamber", "berglas", "keyring", "lastpass":
		return isNameInStore(rest)
	}
	return false
}

// isNameInStore tells the name or the path of a secret in a store: words, with slashes,
// dots or colons between them.
func isNameInStore(v string) bool {
	return strings.ContainsAny(v, "/-_") && !looksRandom(v) && isWordy(v) && isOnly(v, func(c byte) bool { return isNameByte(c) || strings.IndexByte("/:#@", c) >= 0 })
}

// isValsBackend knows the backends of vals that keep a value elsewhere: not echo,
// which is the value itself.
func isValsBackend(b string) bool {
	switch b {
	case "vault", "awssecrets", "awsssm", "awskms", "gcpsecrets", "gcpkms", "azurekeyvault", "sops", "tfstate", "tfstategs", "tfstates3", "tfstateazurerm", "tfstateremote", "k8s", "op", "onepasswordconnect",
		"doppler", "bitwarden", "conjur", "hcpvaultsecrets", "gitlab", "keychain", "pulumistateapi", "infisical", "bws", "file", "envsubst", "httpjson", "secretserver", "scaleway", "openbao",
		"servercore", "yclockbox", "oci", "s3", "gcs", "gkms", "awss3", "1password", "passbolt", "delinea", "tss", "akeyless", "googlesheets", "exec":
		return b != "exec"
	}
	return false
}

func isCloudReference(v string) bool {
	switch v[0] {
	case 'a':
		rest, ok := strings.CutPrefix(v, "arn:aws")
		return ok && strings.Count(rest, ":") >= 4 && !strings.ContainsAny(v, " ")
	case 'p':
		rest, ok := strings.CutPrefix(v, "projects/")
		return ok && strings.Contains(rest, "/secrets/") && !strings.ContainsAny(v, " ")
	case '@':
		return strings.HasPrefix(v, "@Microsoft.KeyVault(") && strings.HasSuffix(v, ")")
	case '{':
		return strings.HasPrefix(v, "{{resolve:s") && strings.HasSuffix(v, "}}") && strings.Count(v, "{{") == 1
	case 'k', 'l':
		rest, ok := strings.CutPrefix(v, "keyring:")
		if !ok {
			rest, ok = strings.CutPrefix(v, "lastpass:")
		}
		return ok && isWordy(rest) && !strings.Contains(rest, " ")
	case 'h':
		// https://name.vault.azure.net/secrets/name/version
		rest, ok := strings.CutPrefix(v, "https://")
		host, path, _ := strings.Cut(rest, "/")
		return ok && (strings.HasSuffix(host, ".vault.azure.net") || host == "secretmanager.googleapis.com") && strings.Contains(path, "secrets/")
	}
	return false
}

// isBankVaults knows vault:path#key and >>vault:path#key, where the path has a
// slash, and the key may be a template over several.
func isBankVaults(v string) bool {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(v, ">>"), "vault:")
	if !ok {
		return false
	}
	path, key, found := strings.Cut(rest, "#")
	return found && key != "" && strings.Contains(path, "/") && isOnly(path, func(c byte) bool { return isAlnum(c) || strings.IndexByte("_./-", c) >= 0 }) && !strings.Contains(key, "\n")
}

// namesElsewhere tells a literal that, under a key such as secret or token, names
// a thing that has the value: an object of Kubernetes, a variable, a file.
func (j *judge) namesElsewhere(v string) bool {
	k, word, in := &j.words, j.word, j.in
	switch {
	case isBoast(v):
		return false
	case isPath(v), v[0] == '$' && isFieldOfSecret(v[1:]):
		return true
	case in == Held:
		return false
	case isConstantName(v) && (Promise(v) != SaysNothing || strings.Count(v, "_") > 1):
		return true
	case isStorePath(v, k.kind(word) == passwordWord), k.is(word, "key") && k.is(word-1, "vault", "ssm", "consul", "kv", "remote", "parameter") && isPathInStore(v):
		return true
	case k.kind(word) == passwordWord:
		return isNameOfSecret(v) || isPlural(k, word) && isOnly(v, isLower)
	case isPlural(k, word):
		return isNameOfSecret(v) || isWordy(v) && isOnly(v, isNameByte) && strings.ContainsAny(v, "-_") && !isPraised(v)
	case k.is(word, "secret") && v[0] == '-' && isObjectName(strings.TrimLeft(v, "-")), k.kind(word) != passwordWord && isFileOfKey(v):
		return true
	case k.is(word, "secret") && isQualified(k, word):
		return (isNameOfSecret(v) || isSecretKeyName(v)) && !k.isOwn(v, true) || isFieldOfSecret(v) && isWordy(v) || k.is(word-1, "session") && k.isOwn(v, false)
	case k.is(word, "secret") && (isPlainName(v) || k.isOwn(v, false)):
		return true
	case k.is(word, "secret"), k.kind(word) == credentialWord, k.kind(word) == authWord, k.kind(word) == hintWord:
		return isObjectPath(v) || isNameOfSecret(v)
	case k.is(word, "key") && k.is(word-1, "secret") && k.start(word) == word-1 && !isConstantName(j.key[strings.LastIndexByte(j.key, '.')+1:]):
		return isSecretKeyName(v) || isFieldOfSecret(v) || isIdentifier(v) && isWordy(v) && Promise(v) != SaysNothing
	}
	return isNameOfSecret(v) || isSecretKeyName(v) || isFieldOfSecret(v) && isWordy(v)
}

// isPlural tells a key that lists things by their names.
func isPlural(k *keyWords, word int) bool {
	return k.is(word, "secrets", "tokens", "keys", "credentials", "creds", "apikeys", "passwords")
}

// isPlainName tells a word in small letters that people call an object, and that is none
// of the words that are guessed first.
func isPlainName(v string) bool {
	return len(v) >= 4 && len(v) <= 24 && isOnly(v, isLower) && isWordy(v) && !isGuessed(v) && Promise(v) == SaysNothing && !isPlaceholderWord(v) && !isKeyboardWalk(v)
}

// isOwn tells whether a value is made of nothing but words of its key, joined by dashes.
// whole tells that the word which makes the key one of a secret counts, too.
func (k *keyWords) isOwn(v string, whole bool) bool {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		found := false
		for i := range k.count {
			found = found || k.is(i, part) && (whole || k.kind(i) != secretWord)
		}
		if !found {
			return false
		}
	}
	return v != ""
}

// isFileOfKey tells the name of a file that holds a key or a state, with folders or
// without.
func isFileOfKey(v string) bool {
	base := v[strings.LastIndexByte(v, '/')+1:]
	switch base {
	case "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa":
		return true
	}
	switch base[strings.LastIndexByte(base, '.')+1:] {
	case "pem", "key", "crt", "cer", "pub", "p12", "pfx", "jks", "asc", "gpg", "ppk", "tfstate":
		return strings.IndexByte(base, '.') > 0 && isOnly(v, func(c byte) bool { return isNameByte(c) || c == '/' }) && isWordy(v)
	}
	return false
}

// isStorePath tells the path of a secret in a store such as Vault, under one of its
// usual mounts, or with the name of a secret at its end and the mount behind an @, as
// GitLab takes it.
func isStorePath(v string, password bool) bool {
	path, mount, mounted := strings.Cut(v, "@")
	if strings.Count(path, "/") == 0 || mounted && !isObjectName(mount) {
		return false
	}
	first, last := "", ""
	for segment := range strings.SplitSeq(strings.TrimSuffix(path, "/"), "/") {
		if !isStoreSegment(segment) {
			return false
		}
		if first == "" {
			first = segment
		}
		last = segment
	}
	switch first {
	case "secret", "secrets", "kv", "kv-v2", "kv2", "cubbyhole", "database":
		return true
	}
	return strings.Count(path, "/") > 1 && (!password || Promise(last) == Promises)
}

// isPathInStore tells words with slashes between them.
func isPathInStore(v string) bool {
	for segment := range strings.SplitSeq(strings.Trim(v, "/"), "/") {
		if !isStoreSegment(segment) {
			return false
		}
	}
	return strings.Contains(v, "/")
}

func isStoreSegment(v string) bool {
	return v != "" && isLower(v[0]) && isOnly(v, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' || c == '_' }) && isWordy(v)
}

// isObjectPath tells the name of an object, of several words, with its namespace or
// without.
func isObjectPath(v string) bool {
	if namespace, name, found := strings.Cut(v, "/"); found {
		return isObjectName(namespace) && isObjectName(name)
	}
	return strings.Contains(v, "-") && isObjectName(v) && isWordy(v) && !isPraised(v) && !strings.Contains(v, "pass")
}

// isFieldOfSecret tells words with dots or colons between them: oidc.clientSecret.
func isFieldOfSecret(v string) bool {
	return strings.ContainsAny(v, ".:") && isWordy(v) && isIdentifier(strings.ReplaceAll(v, ":", ".")) && !strings.ContainsAny(v, "0123456789")
}

// isQualified tells whether a word before "secret" says whose: a client secret is
// a value, and not the name of an object.
func isQualified(k *keyWords, word int) bool {
	if word > 0 && k.words[word-1].part != k.words[word].part {
		return k.is(word-1, "jwt", "cookie", "hmac", "encryption", "client")
	}
	return word > 0 &&
		k.is(word-1, "client", "shared", "jwt", "app", "cookie", "session", "signing", "webhook", "consumer", "hmac", "oauth", "encryption", "application")
}

// isNameOfSecret tells a name of small words with dashes, as the Secrets of
// Kubernetes have them by custom.
func isNameOfSecret(v string) bool {
	at := strings.LastIndexAny(v, "-.")
	if at < 2 || !isObjectName(v) || isPraised(v) {
		return false
	}
	switch v[at+1:] {
	case "secret", "secrets", "credentials", "creds", "tls", "htpasswd", "regcred":
		return true
	}
	return false
}

// isPraised tells words at the beginning that mark a literal: nobody calls an
// object super-secret-token.
func isPraised(v string) bool {
	word, rest := v, ""
	if i := strings.IndexAny(v, "-_"); i >= 0 {
		word, rest = v[:i], v[i+1:]
	}
	switch word {
	case "super", "very", "top", "some", "this", "the", "not", "secure", "insecure", "unsafe", "strong", "change", "your", "supersecret", "secret":
		return true
	case "my":
		return !strings.ContainsAny(rest, "-_") || strings.HasPrefix(rest, "super") || strings.HasPrefix(rest, "very")
	}
	return false
}

// isBoast tells a text that begins with words for how secret it is, written together:
// nobody calls an object or a key so.
func isBoast(v string) bool {
	if len(v) < 9 || len(v) > 64 {
		return false
	}
	for _, word := range [...]string{"thisis", "mysuper", "myvery", "mysecretpass", "supersecret", "verysecret", "topsecret", "strongpass", "verystrong"} {
		if strings.EqualFold(v[:min(len(v), len(word))], word) {
			return true
		}
	}
	return false
}

// isSecretKeyName tells the name of a key of a Secret: "db_password", "api-key".
func isSecretKeyName(v string) bool {
	return strings.ContainsAny(v, "-_.") && isOnly(v, func(c byte) bool { return isLower(c) || c == '-' || c == '_' || c == '.' }) && !isPraised(v) && !strings.HasPrefix(v, "test") && !strings.HasPrefix(v, "demo") && Promise(v) == Promises
}

func isNameByte(c byte) bool { return isAlnum(c) || c == '_' || c == '-' || c == '.' }
