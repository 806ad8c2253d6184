package secrets

import "strings"

// passwordHash tells whether every line of v is a password hash, alone or behind
// the name of its user, as in htpasswd and shadow files.
func passwordHash(v string) (Answer, bool) {
	if len(v) < 13 || !strings.ContainsAny(v, "${*:") && !isPostgresHash(v) {
		return Answer{}, false
	}
	if len(v) < maxReference && strings.Count(v, "$$") >= 2 {
		v = strings.ReplaceAll(v, "$$", "$") // as Compose wants a dollar sign
	}
	lines, others := 0, 0
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case isHashLine(line):
			lines++
		case isUserAndPassword(line):
			others++
		default:
			return Answer{}, false
		}
	}
	switch {
	case lines == 0:
		return Answer{}, false
	case others > 0:
		return Answer{Class: Plaintext, Evidence: "a password stands among password hashes"}, true
	}
	return Answer{Class: Hash, Evidence: "it is a password hash"}, true
}

// isHashLine knows a hash, "user:hash", and the nine fields of a shadow file.
func isHashLine(line string) bool {
	if isHash(line) {
		return true
	}
	user, rest, found := strings.Cut(line, ":")
	if !found || user == "" || strings.ContainsAny(user, " \t$") {
		return false
	}
	field, more, fields := strings.Cut(rest, ":")
	return isHash(rest) || fields && isHash(field) && strings.Count(more, ":") >= 5
}

// isHash knows the forms of password hashes: crypt(3) with its modular format, the
// schemes of LDAP (RFC 2307), SCRAM (RFC 5803), and those of databases.
func isHash(v string) bool {
	if len(v) < 13 || strings.ContainsAny(v, " \t\n") {
		return false
	}
	switch v[0] {
	case '$':
		return isCrypt(v)
	case '{':
		return isSchemed(v)
	case '*':
		return len(v) == 41 && isOnly(v[1:], func(c byte) bool { return isHexByte(c) && !isLower(c) })
	case 'S', 's':
		return strings.HasPrefix(v, "SCRAM-SHA-") && strings.Count(v, "$") == 2 && strings.Count(v, ":") == 2 || strings.HasPrefix(v, "scrypt:") && strings.Count(v, "$") == 2 ||
			isDjango(v, "sha1$", "scrypt$")
	case 'm':
		return isPostgresHash(v)
	case 'p':
		return isDjango(v, "pbkdf2_sha256$", "pbkdf2_sha1$") || strings.HasPrefix(v, "pbkdf2:") && strings.Count(v, "$") == 2
	case 'b', 'a':
		return strings.HasPrefix(v, "bcrypt$$2") || strings.HasPrefix(v, "bcrypt_sha256$$2") || strings.HasPrefix(v, "argon2$argon2")
	}
	return false
}

func isDjango(v string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(v, p) {
			return strings.Count(v, "$") >= 2 && len(v) > len(p)+24
		}
	}
	return false
}

// isPostgresHash knows "md5" and 32 hex digits.
func isPostgresHash(v string) bool {
	return len(v) == 35 && strings.HasPrefix(v, "md5") && isHex(v[3:])
}

// isCrypt knows $id$…$…, with the lengths that the schemes fix.
func isCrypt(v string) bool {
	id, rest, found := strings.Cut(v[1:], "$")
	if !found || !isOnly(strings.ReplaceAll(rest, "$", ""), isCryptByte) {
		return false
	}
	switch id {
	case "2a", "2b", "2x", "2y", "2":
		return len(rest) == 56 && isDigits(rest[:2]) && rest[2] == '$'
	case "1", "apr1":
		salt, sum, ok := strings.Cut(rest, "$")
		return ok && len(salt) <= 8 && len(sum) >= 20 && len(sum) <= 24
	case "8", "9": // of Cisco's IOS: a salt of 14 characters, and PBKDF2 or scrypt
		salt, sum, ok := strings.Cut(rest, "$")
		return ok && len(salt) == 14 && len(sum) == 43
	case "5", "6", "y", "gy", "7", "sha1", "md5":
		return strings.Contains(rest, "$") && len(rest) >= 40
	case "argon2id", "argon2i", "argon2d", "scrypt", "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512", "bcrypt-sha256", "P", "H", "s0", "ml", "balloon":
		return len(rest) >= 20
	}
	return false
}

func isCryptByte(c byte) bool { return isAlnum(c) || strings.IndexByte("./+=,-_", c) >= 0 }

// isSchemed knows {SSHA}… and its like.
func isSchemed(v string) bool {
	scheme, rest, found := strings.Cut(v[1:], "}")
	if !found || len(rest) < 13 {
		return false
	}
	switch strings.ToUpper(scheme) {
	case "SHA", "SSHA", "SHA256", "SSHA256", "SHA512", "SSHA512", "SHA-256", "SHA-512", "MD5", "SMD5":
		return isOnly(strings.TrimRight(rest, "="), isBase64Byte)
	case "CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "BCRYPT", "ARGON2", "ARGON2ID", "PBKDF2", "PBKDF2-SHA256", "PBKDF2-SHA512", "PBKDF2_SHA256":
		return isOnly(strings.ReplaceAll(rest, "$", ""), isCryptByte)
	}
	return false
}

// isDigestOfPassword tells a digest with the name of its algorithm before it, where a
// password is expected.
func isDigestOfPassword(v string) bool {
	algorithm, rest, found := strings.Cut(v, ":")
	if !found {
		return false
	}
	switch strings.ToLower(algorithm) {
	case "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha-1", "sha-256", "sha-512":
		return len(rest) >= 32 && isHex(rest)
	case "bcrypt", "crypt", "argon2", "argon2id", "scrypt":
		return isHash(rest)
	}
	return false
}

// isDigest tells the hex of a digest under a key that says that it is one.
func isDigest(v string) bool {
	for _, prefix := range []string{"sha256:", "sha512:", "sha1:", "md5:", "SHA256:", "sha256-", "sha384-", "sha512-", "sha1-"} {
		if rest, ok := strings.CutPrefix(v, prefix); ok {
			return len(rest) >= 27 && (isHex(rest) || isOnly(strings.TrimRight(rest, "="), isBase64Byte))
		}
	}
	switch len(v) {
	case 32, 40, 56, 64, 96, 128:
		return isHex(v)
	}
	return strings.Count(v, ":") >= 15 && isOnly(v, func(c byte) bool { return isHexByte(c) || c == ':' })
}
