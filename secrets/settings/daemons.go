package settings

import (
	"bytes"
	"strings"
)

// Files of daemons whose lines have forms of their own, without a sign between a key
// and a value. Each form is from the manual page of its program.

// byDaemon tells the formats that the name of a file, or the folder of a program, tells.
func byDaemon(name, base string) (Format, bool) {
	switch {
	case strings.HasPrefix(base, "sasl_passwd") || strings.HasPrefix(base, "sasl-passwd") || base == "smtp_auth" || base == "passwd.client" || base == "sender_passwd" || base == "relay_passwd":
		return Relay, !strings.HasSuffix(base, ".db")
	case base == "chap-secrets" || base == "pap-secrets":
		return PPP, true
	case base == "ipsec.secrets":
		return IPsec, true
	case base == "fstab":
		return Fstab, true
	case strings.Contains(name, "davfs") && strings.HasSuffix(base, "secrets"):
		return Davfs, true
	case (base == "users" || base == "authorize") && (strings.Contains(name, "radius") || strings.Contains(name, "raddb")), base == "authorize" && strings.Contains(name, "mods-config"):
		return Radius, true
	case (base == "users" || base == "passwd.db") && strings.Contains(name, "dovecot"):
		return Htpasswd, true
	}
	return Unknown, false
}

// ofDaemon tells the formats of daemons that their lines tell.
func ofDaemon(text []byte) Format {
	switch {
	case hasLine(text, isLineOfRouter):
		return Router
	case bytes.Contains(text, []byte("-Password")) && hasLine(text, isLineOfRadius):
		return Radius
	case bytes.Contains(text, []byte(": ")) && hasLine(text, isLineOfIPsec):
		return IPsec
	case bytes.Contains(text, []byte(":{")) && hasLine(text, isLineOfDovecot):
		return Htpasswd
	case bytes.Contains(text, []byte("Unseal Key ")) || bytes.Contains(text, []byte("Recovery Key ")) || bytes.Contains(text, []byte("Initial Root Token: ")):
		return Vault
	case bytes.Contains(text, []byte(" cifs ")) && hasLine(text, isLineOfFstab):
		return Fstab
	}
	return Unknown
}

// hasLine tells whether one of the first lines of a text, without the blanks around it,
// is as is asks.
func hasLine(text []byte, is func(line string) bool) bool {
	n := 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && is(string(line[:min(len(line), 160)])) {
			return true
		}
		if n++; n == maxShapeLines {
			return false
		}
	}
	return false
}

func isLineOfRadius(line string) bool {
	_, rest, ok := strings.Cut(line, "-Password")
	rest = strings.TrimLeft(rest, " \t")
	return ok && (strings.HasPrefix(rest, ":=") || strings.HasPrefix(rest, "=="))
}

func isLineOfIPsec(line string) bool {
	_, rest, ok := strings.Cut(" "+line, " : ")
	kind, _, _ := strings.Cut(rest, " ")
	return ok && ipsecKinds[kind]
}

func isLineOfDovecot(line string) bool {
	user, rest, ok := strings.Cut(line, ":{")
	scheme, hash, closed := strings.Cut(rest, "}")
	return ok && closed && hash != "" && user != "" && !strings.ContainsAny(user, " \t\"{") && scheme != "" && scheme == strings.ToUpper(scheme) && !strings.ContainsAny(scheme, " \t\"':{")
}

func isLineOfFstab(line string) bool {
	fields := strings.Fields(line)
	return len(fields) >= 4 && fields[2] == "cifs" && strings.HasPrefix(fields[0], "//")
}

// relay reads the users and passwords for other mail servers: of Postfix, "host
// user:password" (postconf(5), smtp_sasl_password_maps), and of Exim,
// "host:user:password".
func (r *reader) relay(from, to int) {
	r.eachAccount(from, to, func(at, end int) {
		host, hostEnd := r.wordAt(at, end)
		start, stop := r.wordAt(hostEnd, end)
		if start == stop { // nothing parts the host from the user but a colon
			i := strings.IndexByte(r.text[at:end], ':')
			if i < 0 {
				return
			}
			hostEnd, start, stop = at+i, at+i+1, end
		}
		if i := strings.IndexByte(r.text[start:stop], ':'); i > 0 {
			r.secret(r.text[host:hostEnd], host, start+i+1, stop)
		}
	})
}

// eachAccount gives the lines of a file of accounts, those too that are commented out
// and have no more words than one.
func (r *reader) eachAccount(from, to int, do func(at, end int)) {
	r.eachLine(from, to, func(at, end int) {
		comment := r.text[at] == '#'
		for at < end && (r.text[at] == '#' || isBlank(r.text[at])) {
			at++
		}
		if comment && strings.Count(r.text[at:end], " ") > 1 {
			return
		}
		outer := r.comment
		r.comment = outer || comment
		do(at, end)
		r.comment = outer
	})
}

// bareName takes the signs out of what a password is for that would part it as a path.
var bareName = strings.NewReplacer("[", "", "]", "", ":", ".", "\"", "")

// secret adds a password that stands at its place behind what it is for.
func (r *reader) secret(what string, keyAt, at, end int) {
	if len(what) > 128 || at >= end {
		return
	}
	quoted := false
	if q := r.text[at]; (q == '"' || q == '\'') && end-at >= 2 && r.text[end-1] == q {
		at, end, quoted = at+1, end-1, true
	}
	r.add(Setting{Key: bareName.Replace(what) + ".password", Value: r.text[at:end], KeyAt: keyAt, At: at, End: end, Quoted: quoted})
}

// fields are the words of a line, which quotes may hold together.
func (r *reader) fields(at, end, most int) []word {
	var words []word
	for len(words) < most {
		for at < end && isSpace(r.text[at]) {
			at++
		}
		if at == end {
			break
		}
		stop := at
		if q := r.text[at]; q == '"' || q == '\'' {
			if i := strings.IndexByte(r.text[at+1:end], q); i >= 0 {
				stop = at + 1 + i + 1
			}
		}
		for stop < end && !isSpace(r.text[stop]) {
			stop++
		}
		words = append(words, word{value: r.text[at:stop], at: at, end: stop})
		at = stop
	}
	return words
}

// ppp reads "client server secret addresses" lines (pppd(8)). A secret that begins with
// an @ stands in the file of that name.
func (r *reader) ppp(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		words := r.fields(at, end, 4)
		if r.text[at] == '#' || len(words) < 3 {
			return
		}
		if v := strings.Trim(words[2].value, `"'`); v != "*" && !strings.HasPrefix(v, "@") {
			r.secret(words[0].value, words[0].at, words[2].at, words[2].end)
		}
	})
}

// davfs reads "URL user password" lines (davfs2.conf(5)).
func (r *reader) davfs(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		if words := r.fields(at, end, 4); r.text[at] != '#' && len(words) == 3 {
			r.secret(words[0].value, words[0].at, words[2].at, words[2].end)
		}
	})
}

// fstab reads the options of each line, of which the password may be one (mount.cifs(8)).
func (r *reader) fstab(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		words := r.fields(at, end, 6)
		if r.text[at] == '#' || len(words) < 4 {
			return
		}
		at = words[3].at
		for option := range strings.SplitSeq(words[3].value, ",") {
			if key, value, ok := strings.Cut(option, "="); ok && isKey(key) {
				start := at + len(key) + 1
				r.add(Setting{Key: key, Value: value, KeyAt: at, At: start, End: start + len(value)})
			}
			at += len(option) + 1
		}
	})
}

// radius reads the users of FreeRADIUS: "name Attribute := value, …", and the lines
// below that begin with a blank (users(5)).
func (r *reader) radius(from, to int) {
	user, userAt := "", 0
	for at := from; at < to; {
		end := r.lineEnd(at, to)
		start := at
		at = end + 1
		if start == end || r.text[start] == '#' {
			continue
		}
		words := r.fields(start, end, maxDirective)
		if len(words) > 0 && !isSpace(r.text[start]) {
			user, userAt, words = words[0].value, words[0].at, words[1:]
		}
		for i := 0; i+2 < len(words); i++ {
			if op := words[i+1].value; (op == ":=" || op == "==" || op == "=" || op == "+=") && isPasswordOfRadius(words[i].value) {
				r.secret(user, userAt, words[i+2].at, words[i+2].at+len(strings.TrimSuffix(words[i+2].value, ",")))
			}
		}
	}
}

// isPasswordOfRadius knows the attributes with which a client proves who it is. Those of
// digests that have to be inverted first are none.
func isPasswordOfRadius(attribute string) bool {
	switch strings.ToLower(attribute) {
	case "cleartext-password", "user-password", "password", "chap-password", "nt-password", "lm-password", "crypt-password", "tunnel-password", "password-with-header":
		return true
	}
	return false
}

// ipsecKinds are the kinds of secrets of ipsec.secrets(5).
var ipsecKinds = map[string]bool{"PSK": true, "EAP": true, "XAUTH": true, "NTLM": true, "RSA": true, "ECDSA": true, "BLISS": true, "P8": true, "P12": true, "PKCS8": true, "PKCS12": true}

// ipsec reads "ids : KIND secret" lines. Behind the kinds of keys stands the name of a
// file, and then its passphrase.
func (r *reader) ipsec(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		words := r.fields(at, end, maxDirective)
		if r.text[at] == '#' {
			return
		}
		for i := 0; i+2 < len(words); i++ {
			if words[i].value != ":" || !ipsecKinds[words[i+1].value] {
				continue
			}
			secret, kind := words[i+2], words[i+1].value
			if kind != "PSK" && kind != "EAP" && kind != "XAUTH" && kind != "NTLM" {
				if i+3 == len(words) {
					return
				}
				secret = words[i+3]
			}
			if !strings.HasPrefix(secret.value, "%") {
				r.secret(strings.ToLower(kind), words[i+1].at, secret.at, secret.end)
			}
			return
		}
	})
}

// keyOfVault cuts a line of what Vault prints when it is set up, or has nothing:
// "Unseal Key 1: …", "Initial Root Token: …".
func keyOfVault(line string) (key, value string) {
	name, value, ok := strings.Cut(line, ": ")
	if !ok || value == "" || strings.ContainsAny(strings.TrimSpace(value), " \t") {
		return "", ""
	}
	name, _, _ = strings.Cut(name, " (")
	switch bare := strings.TrimRight(name, "0123456789"); bare {
	case "Unseal Key ", "Recovery Key ":
		return strings.ToLower(bare) + "value", value
	case "Key ":
		return "unseal key", value
	case "Initial Root Token", "Root Token":
		return "root token", value
	}
	return "", ""
}

// vaultKeys reads the keys that open a Vault, and the token that may do everything.
func (r *reader) vaultKeys(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		if key, value := keyOfVault(r.text[at:end]); key != "" {
			start := end - len(value)
			r.add(Setting{Key: key, Value: strings.TrimSpace(value), KeyAt: at, At: start, End: start + len(strings.TrimSpace(value))})
		}
	})
}
