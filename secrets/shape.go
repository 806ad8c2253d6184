package secrets

import "strings"

// The functions of this file tell what a value looks like. They take it trimmed,
// read each byte a bounded number of times and allocate nothing.

func isOnly(v string, ok func(byte) bool) bool {
	for i := 0; i < len(v); i++ {
		if !ok(v[i]) {
			return false
		}
	}
	return len(v) > 0
}

func isDigits(v string) bool { return isOnly(v, isDigit) }

func isHexByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isHex(v string) bool { return isOnly(v, isHexByte) }

func isBase64Byte(c byte) bool { return isAlnum(c) || c == '+' || c == '/' }

// isNumber tells a number, with sign, fraction and separators of thousands.
func isNumber(v string) bool {
	digits := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case c == '.' || c == '_' || c == ',' || (c == '-' || c == '+') && i == 0:
		case (c == 'e' || c == 'E') && i > 0 && i+1 < len(v) && digits > 0:
		default:
			return false
		}
	}
	return digits > 0
}

// isMeasure tells a number with a unit: 30s, 24h, 1h30m, 512Mi, 10GB, 80%, 500m.
func isMeasure(v string) bool {
	if len(v) == 0 || len(v) > 16 || !isDigit(v[0]) {
		return false
	}
	for v != "" {
		n := 0
		for n < len(v) && (isDigit(v[n]) || v[n] == '.') {
			n++
		}
		v = strings.TrimPrefix(v[n:], " ")
		unit := 0
		for unit < len(v) && (isLetter(v[unit]) || v[unit] == '%') {
			unit++
		}
		if n == 0 || unit == 0 || !isUnit(v[:unit]) {
			return false
		}
		v = v[unit:]
	}
	return true
}

func isUnit(u string) bool {
	switch u {
	case "ns", "us", "ms", "s", "m", "h", "d", "w", "y", "M", "k", "K", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "B", "KB", "MB", "GB", "TB", "kb", "mb", "gb", "KiB", "MiB", "GiB",
		"sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "%", "px", "em", "Mb", "Gb",
		"bytes", "bits", "bit", "cpu":
		return true
	}
	return false
}

// isVersion tells a version or an IP address: v1.2.3, 10.0.0.0/8, 1.28, 2.0.0-rc.1.
func isVersion(v string) bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(v, "v"), "V")
	if rest == "" || !isDigit(rest[0]) || len(v) > 40 {
		return false
	}
	dots := 0
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '.':
			dots++
		case isDigit(c):
		case (c == '-' || c == '+' || c == '/' || c == ':') && dots > 0:
			return !looksRandom(rest[i+1:])
		default:
			return dots > 0 && isLetter(c) && len(rest)-i < 8
		}
	}
	return dots > 0
}

// isDate tells an ISO date or time.
func isDate(v string) bool {
	return len(v) >= 10 && len(v) <= 35 && isDigits(v[:4]) && v[4] == '-' && isDigits(v[5:7]) && v[7] == '-' && isDigits(v[8:10]) &&
		isOnly(v, func(c byte) bool { return isDigit(c) || strings.IndexByte("-:.TZ+ ", c) >= 0 })
}

// isUUID tells the form of RFC 9562.
func isUUID(v string) bool {
	if len(v) != 36 {
		return false
	}
	for i := 0; i < len(v); i++ {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (v[i] == '-') || !dash && !isHexByte(v[i]) {
			return false
		}
	}
	return true
}

// isSwitch tells the words for yes and no.
func isSwitch(v string) bool {
	if len(v) > 8 {
		return false
	}
	switch strings.ToLower(v) {
	case "true", "false", "yes", "no", "on", "off", "enabled", "disabled", "enable", "disable", "y", "n", "t", "f":
		return true
	}
	return false
}

// isEmail tells an address of mail.
func isEmail(v string) bool {
	at := strings.IndexByte(v, '@')
	return at > 0 && len(v) < 120 && strings.LastIndexByte(v, '@') == at && isHost(v[at+1:]) && strings.IndexByte(v[at:], '.') > 0 &&
		isOnly(v[:at], func(c byte) bool { return isAlnum(c) || strings.IndexByte("._%+-", c) >= 0 })
}

// isHost tells the name of a host, with dots, and with a port or not.
func isHost(v string) bool {
	if v == "localhost" || strings.HasPrefix(v, "localhost:") {
		return true
	}
	host, port, found := strings.Cut(v, ":")
	if len(v) > 253 || found && !isDigits(port) {
		return false
	}
	if found && !strings.Contains(host, ".") {
		return isLabel(host) && len(port) <= 5 && len(port) >= 2
	}
	last := ""
	labels := 0
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if !isLabel(label) && !(labels == 0 && label == "*") {
			return false
		}
		last = label
		labels++
	}
	return labels >= 2 && isTopLevel(last)
}

func isLabel(l string) bool {
	return len(l) > 0 && len(l) <= 63 && l[0] != '-' && isOnly(l, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' || c == '_' })
}

// isTopLevel tells the ends of host names that are widely seen in configuration.
func isTopLevel(l string) bool {
	switch l {
	case "com", "org", "net", "io", "dev", "app", "cloud", "local", "svc", "internal", "lan", "corp", "home", "arpa", "edu", "gov", "mil", "int", "info", "biz", "me", "ai", "co", "sh", "xyz", "tech",
		"eu", "de", "at", "ch", "fr", "uk", "nl", "be", "es", "it", "pl", "cz", "se", "no", "fi", "dk", "us", "ca", "au", "nz", "jp", "cn", "in", "br", "ru", "tr", "za", "kr", "tw", "test", "example",
		"invalid", "localhost", "localdomain", "online", "site", "tv", "gg", "so", "to", "run", "page", "systems", "services", "tools", "zone", "intra", "private", "default", "namespace":
		return true
	}
	return false
}

// isPath tells the path of a file: absolute, or beginning with a dot, in words.
func isPath(v string) bool {
	rest, scheme := strings.CutPrefix(v, "file://")
	if !scheme {
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "@"), "~")
	}
	if len(v) > 3 && v[0] == '%' && v[2] == '/' {
		rest = v[2:] // a specifier of systemd, such as the folder of credentials
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, ".."), ".")
	if len(rest) < 2 || len(v) > 512 || rest[0] != '/' {
		return isWindowsPath(v)
	}
	for segment := range strings.SplitSeq(rest[1:], "/") {
		if looksRandom(segment) && !isHex(segment) || !isOnly(segment, isPathByte) && segment != "" {
			return false
		}
	}
	return strings.Count(rest, "/") > 1 || scheme || rest[1] != '/' && isWordy(rest[1:])
}

func isWindowsPath(v string) bool {
	return len(v) > 3 && isLetter(v[0]) && v[1] == ':' && (v[2] == '\\' || v[2] == '/') && !strings.ContainsAny(v, "\n")
}

func isPathByte(c byte) bool {
	return isAlnum(c) || strings.IndexByte("._-+@,:~%*${}() ", c) >= 0 || c >= 0x80
}

// looksRandom tells whether a text is more likely made by a generator than by a
// person: one of its runs of letters and digits mixes them as no word does.
func looksRandom(v string) bool {
	for i := 0; i < len(v); {
		if !isAlnum(v[i]) {
			i++
			continue
		}
		from := i
		for i < len(v) && isAlnum(v[i]) {
			i++
		}
		if isRandomRun(v[from:i]) {
			return true
		}
	}
	return false
}

// isRandomRun judges one run of letters and digits. Words have long stretches of
// one kind; a number may stand at the end.
func isRandomRun(r string) bool {
	if len(r) < 8 {
		return false
	}
	digits, uppers, breaks, capitals, consonants, longest := 0, 0, 0, 0, 0, 0
	for i := 0; i < len(r); i++ {
		c := r[i]
		switch {
		case isDigit(c):
			digits++
		case isUpper(c):
			uppers++
		}
		if isLetter(c) && strings.IndexByte("aeiouyAEIOUY", c) < 0 {
			consonants++
			longest = max(longest, consonants)
		} else {
			consonants = 0
		}
		if i > 0 && isBreak(r[i-1], c) {
			breaks++
		}
		if i > 1 && isLower(c) && isUpper(r[i-1]) && isUpper(r[i-2]) {
			capitals++ // as in the middle of APIKey
		}
	}
	switch {
	case digits == len(r):
		return len(r) >= 16
	case digits > 0 && breaks*4 >= len(r) && breaks >= 3:
		return true
	case digits == 0 && uppers > 0 && uppers < len(r):
		return (breaks+capitals)*3 >= len(r) && breaks >= 4 || longest >= 7
	}
	return longest >= 7 || len(r) >= 24 && digits >= 4 && breaks >= 3
}

// isBreak tells whether two neighbours are of different kinds other than a capital
// at the beginning of a word.
func isBreak(a, b byte) bool {
	return isDigit(a) != isDigit(b) || isLower(a) && isUpper(b)
}

// isWordy tells whether a text is made of words: letters with few digits, and
// punctuation between them.
func isWordy(v string) bool {
	letters := 0
	for i := 0; i < len(v); i++ {
		if isLetter(v[i]) || v[i] >= 0x80 {
			letters++
		}
	}
	return letters*4 >= len(v)*3 && !looksRandom(v)
}

// isSentence tells plain language: more than three words of letters.
func isSentence(v string) bool {
	words, plain := 0, 0
	for word := range strings.FieldsSeq(v) {
		words++
		word = strings.Trim(word, ".,;:!?()[]'\"`’“”")
		if word == "" || isOnly(word, func(c byte) bool { return isLetter(c) || c == '-' || c == '\'' || c == '/' || c >= 0x80 }) && !looksRandom(word) {
			plain++
		}
	}
	return words > 3 && plain*5 >= words*4
}

// isObjectName tells a name as Kubernetes has them, of words in small letters.
func isObjectName(v string) bool {
	return len(v) <= 63 && len(v) > 2 && isLower(v[0]) && isOnly(v, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' || c == '.' }) &&
		v[len(v)-1] != '-' && !looksRandom(v)
}

// isConstantName tells a name in capitals, as variables of the environment have:
// DB_PASSWORD.
func isConstantName(v string) bool {
	letters, breaks := 0, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isUpper(c):
			letters++
		case c == '_' && i > 0:
			breaks++
		case isDigit(c) && i > 0:
		default:
			return false
		}
	}
	return breaks > 0 && letters*2 >= len(v) && !looksRandom(v)
}

// isIdentifier tells a name as programs have them, with dots or not.
func isIdentifier(v string) bool {
	if v == "" || isDigit(v[0]) || v[0] == '.' || v[len(v)-1] == '.' {
		return false
	}
	return isOnly(v, func(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == '-' })
}

// isOneCharacter tells a text of one character, again and again.
func isOneCharacter(v string) bool {
	for i := 1; i < len(v); i++ {
		if v[i] != v[0] {
			return false
		}
	}
	return len(v) > 0
}
