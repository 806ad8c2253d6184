package settings

import "strings"

// special reads a directive whose password no word before it names, and tells whether
// the directive is one: of the Net-SNMP agent (snmpd.conf(5)), of NUT (upsmon.conf(5)),
// of Squid, and of monit.
func (c *conf) special(first string, words []word) bool {
	switch first {
	case "createuser":
		c.createUser(words)
	case "rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6", "trapcommunity":
		access := ""
		if strings.HasPrefix(first, "rw") {
			access = "RW"
		}
		c.community(words[0], words[1], access)
	case "com2sec", "com2sec6":
		c.community(words[0], words[len(words)-1], "")
	case "monitor":
		if len(words) < 6 || !isRoleOfUPS(words[5].value) {
			return false
		}
		c.secret(words[0].value, words[0].at, words[4].at, words[4].end)
	case "cache_peer":
		for i := range words {
			if login, ok := strings.CutPrefix(words[i].value, "login="); ok {
				c.account("cache_peer", words[i], login)
			}
		}
	case "allow":
		return len(words) == 2 && c.account("allow", words[1], words[1].value)
	case "set":
		for i := 1; i+1 < len(words); i++ {
			if words[i].value == "allow" && c.account("allow", words[i+1], words[i+1].value) {
				return true
			}
		}
		return false
	default:
		return false
	}
	return true
}

// createUser reads "createUser [-e engine] name SHA auth [AES priv]". Without a second
// passphrase the first one serves for both.
func (c *conf) createUser(words []word) {
	for i := 2; i+1 < len(words); i++ {
		switch kind, _, _ := strings.Cut(strings.ToUpper(words[i].value), "-"); kind {
		case "MD5", "SHA", "AES", "DES":
			i++
			c.secret(words[0].value, words[0].at, words[i].at, words[i].end)
		}
	}
}

func isRoleOfUPS(word string) bool {
	return word == "primary" || word == "secondary" || word == "master" || word == "slave"
}

// account adds the password of user:password at the end of a word, and tells whether it
// is one: no port stands behind the colon, and no path.
func (c *conf) account(key string, w word, text string) bool {
	user, password, ok := strings.Cut(text, ":")
	if !ok || !isKey(user) || password == "" || isNumber(password) || strings.ContainsAny(password, "/:") || !w.exact() {
		return false
	}
	c.secret(key, w.at, w.end-len(password), w.end)
	return true
}

// isRelay tells the configuration of coturn, whose users have their passwords behind them.
func (c *conf) isRelay() bool {
	if c.relay == nil {
		is := strings.Contains(c.text, "lt-cred-mech") || strings.Contains(c.text, "static-auth-secret") || strings.Contains(c.text, "listening-port")
		c.relay = &is
	}
	return *c.relay
}

// ofEquation reads a value that holds a password under a key that does not say so: the
// users of coturn, and what Postfix looks up in no file but in the setting.
func (c *conf) ofEquation(key string, lit literal) bool {
	if len(lit.value) != lit.end-lit.at {
		return false
	}
	switch {
	case key == "user":
		return c.isRelay() && c.account("user", word{value: lit.value, at: lit.at, end: lit.end}, lit.value)
	case strings.HasSuffix(key, "_maps"):
		if account, ok := strings.CutPrefix(lit.value, "static:"); ok {
			return c.account(key, word{value: lit.value, at: lit.at, end: lit.end}, account)
		}
	}
	return false
}
