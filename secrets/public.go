package secrets

import "strings"

// publicForm tells a value that is public by its form, whatever its key is, with
// the words that say so, or "".
func publicForm(v string) string {
	switch {
	case isSwitch(v):
		return "it is a switch"
	case isMeasure(v):
		return "it is a number with a unit"
	case isVersion(v), isDate(v):
		return "it is a version, a date or an address"
	case isHost(v), isEmail(v):
		return "it is the name of a host or an address of mail"
	case isImageOrDigest(v) && !strings.Contains(v, " "):
		return "it is an image or a digest"
	case isDistinguishedName(v):
		return "it is the name of an entry in a directory"
	case isSettingWord(v):
		return "it is one of a few settings"
	case isPublicKey(v), isKnownHosts(v):
		return "it is a public key"
	case isTimeZone(v), isRepository(v):
		return "it is a time zone or a repository"
	case isSchedule(v), isFilter(v):
		return "it is a schedule or a filter"
	case isClassName(v):
		return "it is the name of a class"
	case isHardware(v):
		return "it is the address of a device, a type of machine or a suite of ciphers"
	case isListOfPublic(v):
		return "it is a list of hosts, addresses or the like"
	case isPublishable(v):
		return "it is an identifier that pages of the web show to everyone"
	}
	return ""
}

// isDistinguishedName tells a name as RFC 4514 writes them.
func isDistinguishedName(v string) bool {
	head, rest, found := strings.Cut(v, "=")
	if !found || rest == "" {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(head)) {
	case "cn", "uid", "ou", "dc", "o", "c":
		return strings.Contains(rest, ",") || strings.EqualFold(head, "cn")
	}
	return false
}

// isSettingWord knows words that settings choose from.
func isSettingWord(v string) bool {
	if len(v) > 24 {
		return false
	}
	switch strings.ToLower(v) {
	case "linux", "windows", "darwin", "amd64", "arm64", "x86_64", "dark", "light", "p-256", "p-384", "x25519", "info", "notice", "critical", "debug", "warn", "warning", "error", "trace", "fatal", "production", "staging", "development", "standard", "auto", "json", "yaml", "text", "opaque", "always", "never", "optional", "required", "require",
		"ifnotpresent", "read", "write", "readonly", "readwrite", "utf8", "utf-8", "utf8mb4", "http", "https", "tcp", "udp", "tls", "ssl", "starttls", "plain", "login", "md5", "sha1", "sha256", "sha512", "scram-sha-256", "scram-sha-512", "header", "cookie", "query", "body", "omit", "stdin", "interactive",
		"basic", "bearer", "oauth", "oauth2", "oidc", "saml", "ldap", "jwt", "rs256", "rs512", "hs256", "hs512", "es256", "eddsa", "mtls", "kerberos", "gssapi", "ntlm", "trust", "peer", "cert", "digest", "verify-full", "verify-ca",
		"prefer", "preferred", "strict", "lax", "utc", "gzip", "memory", "filesystem", "native", "internal", "external", "sasl_ssl", "sasl_plaintext", "ssl_tls", "int", "integer", "boolean", "bool", "object", "array", "number", "float",
		"varchar", "uuid", "str", "sasl", "userpass", "approle", "anonymous", "noauth", "nosniff", "include", "exclude", "allow", "deny", "inherit", "enforce", "aes256", "aes-256-gcm", "aes-256-cbc", "rsa", "ecdsa", "ed25519", "pkcs1",
		"pkcs8", "pkcs12", "jks", "pem", "hmac", "client_credentials", "authorization_code", "refresh_token", "urn", "asis", "primary", "secondary", "replica", "active", "inactive", "present", "absent", "standalone", "cluster", "sentinel", "multicast", "anycast", "database":
		return true
	}
	return isRegion(v)
}

// isSchedule tells five or six fields of cron, or one of its names.
func isSchedule(v string) bool {
	if strings.HasPrefix(v, "@") {
		return v == "@daily" || v == "@hourly" || v == "@weekly" || v == "@monthly" || v == "@yearly" || strings.HasPrefix(v, "@every ")
	}
	fields := 0
	for field := range strings.FieldsSeq(v) {
		if fields++; !isOnly(field, func(c byte) bool { return isDigit(c) || strings.IndexByte("*/,-?L#", c) >= 0 }) {
			return false
		}
	}
	return (fields == 5 || fields == 6) && strings.Contains(v, "*")
}

// isFilter tells a filter of LDAP (RFC 4515).
func isFilter(v string) bool {
	return len(v) > 4 && v[0] == '(' && v[len(v)-1] == ')' && strings.Contains(v, "=") && (strings.IndexByte("&|!", v[1]) >= 0 || isLetter(v[1]))
}

// isTimeZone tells a name of the tz database.
func isTimeZone(v string) bool {
	area, city, found := strings.Cut(v, "/")
	switch area {
	case "Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "Antarctica", "Etc":
		return found && isOnly(city, func(c byte) bool { return isAlnum(c) || strings.IndexByte("_/+-", c) >= 0 })
	}
	return false
}

// isRepository tells the address of a repository as ssh takes it:
// git@example.org:group/name.git.
func isRepository(v string) bool {
	user, rest, found := strings.Cut(v, "@")
	host, path, colon := strings.Cut(rest, ":")
	return found && colon && isOnly(user, isAlnum) && isHost(host) && strings.HasSuffix(path, ".git") && !strings.Contains(path, " ")
}

// isRegion tells the regions of the clouds: eu-west-1, europe-west1, us-central1-a.
func isRegion(v string) bool {
	first, rest, found := strings.Cut(v, "-")
	switch first {
	case "us", "eu", "ap", "sa", "ca", "me", "af", "il", "cn", "europe", "asia", "australia", "northamerica", "southamerica", "africa", "fra1", "nyc1":
		return found && len(v) < 24 && isOnly(rest, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' }) && strings.ContainsAny(rest, "0123456789") && !looksRandom(v)
	}
	return false
}

// isPublicKey tells the public keys of SSH, age and minisign.
func isPublicKey(v string) bool {
	if strings.HasPrefix(v, "age1") {
		return len(v) == 62 && isOnly(v, func(c byte) bool { return isLower(c) || isDigit(c) })
	}
	if isSSHKeyBody(v) {
		return true
	}
	lines := 0
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !isSSHKey(line) {
			return false
		}
		lines++
	}
	return lines > 0
}

// isSSHKeyBody tells a public key of SSH without its type before it: in base64, it begins
// with the length and the name of that type (RFC 4253, section 6.6).
func isSSHKeyBody(v string) bool {
	if len(v) < 68 || !strings.HasPrefix(v, "AAAA") || !isOnly(strings.TrimRight(v, "="), isBase64Byte) {
		return false
	}
	for _, kind := range []string{"AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNhLXNoYTIt", "AAAAGnNrLXNzaC1", "AAAAInNrLWVjZHNh"} {
		if strings.HasPrefix(v, kind) {
			return true
		}
	}
	return false
}

// isSSHKey tells a line of authorized_keys (sshd(8)), without options.
func isSSHKey(line string) bool {
	kind, rest, found := strings.Cut(line, " ")
	if !found || !isSSHKeyType(kind) {
		return false
	}
	body, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return strings.HasPrefix(body, "AAAA") && isOnly(strings.TrimRight(body, "="), isBase64Byte)
}

func isSSHKeyType(kind string) bool {
	return strings.HasPrefix(kind, "ssh-") || strings.HasPrefix(kind, "ecdsa-sha2-") || strings.HasPrefix(kind, "sk-ssh-") || strings.HasPrefix(kind, "sk-ecdsa-")
}

// isKnownHosts tells the lines of known_hosts: hosts, type and public key.
func isKnownHosts(v string) bool {
	lines := 0
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasPrefix(line, "@") {
			_, line, _ = strings.Cut(line, " ")
		}
		_, key, found := strings.Cut(line, " ")
		if !found || !isSSHKey(strings.TrimSpace(key)) {
			return false
		}
		lines++
	}
	return lines > 0
}

// isHardware tells a MAC address, a type of machine of the clouds, and a suite of ciphers.
func isHardware(v string) bool {
	if len(v) == 17 && (v[2] == ':' || v[2] == '-') && strings.Count(v, v[2:3]) == 5 {
		return isHex(strings.ReplaceAll(v, v[2:3], ""))
	}
	if strings.Contains(v, "AES") && (strings.Contains(v, "GCM") || strings.Contains(v, "SHA") || strings.Contains(v, "CBC")) && len(v) < 60 {
		return isOnly(v, func(c byte) bool { return isUpper(c) || isDigit(c) || c == '-' || c == '_' || c == ':' })
	}
	family, size, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(v, "db."), "cache."), ".")
	switch strings.TrimLeft(size, "0123456789") {
	case "nano", "micro", "small", "medium", "large", "xlarge", "metal":
		return len(family) < 8 && isOnly(family, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' })
	}
	return false
}

// isListOfPublic tells several values with commas or blanks between them, each of which is
// public by its form.
func isListOfPublic(v string) bool {
	if len(v) > 512 || !strings.ContainsAny(v, ", ") {
		return false
	}
	n := 0
	for item := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ' ' }) {
		if n++; !isVersion(item) && !isHost(item) && !isEmail(item) {
			return false
		}
	}
	return n > 1
}

// isPublishable tells the keys and identifiers that stand in pages of the web: of Stripe,
// Mapbox and Google Analytics.
func isPublishable(v string) bool {
	switch {
	case strings.HasPrefix(v, "pk_live_"), strings.HasPrefix(v, "pk_test_"), strings.HasPrefix(v, "pk.eyJ"):
		return true
	case strings.HasPrefix(v, "G-"), strings.HasPrefix(v, "UA-"), strings.HasPrefix(v, "GTM-"), strings.HasPrefix(v, "AW-"):
		_, id, _ := strings.Cut(v, "-")
		return len(id) >= 6 && len(id) <= 14 && isOnly(id, func(c byte) bool { return isUpper(c) || isDigit(c) || c == '-' })
	}
	return false
}

// isClassName tells the name of a class of Java: org.example.Thing.
func isClassName(v string) bool {
	first, rest, found := strings.Cut(v, ".")
	switch first {
	case "com", "org", "net", "io", "java", "javax", "jakarta", "de", "dev", "oracle", "kafka", "django", "rest_framework", "System", "Microsoft":
		return found && strings.Contains(rest, ".") && isIdentifier(v) && !looksRandom(v)
	}
	return false
}
