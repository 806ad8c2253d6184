package token

import "bytes"

// Credentials whose form has no beginning of its own, and those that what stands
// before them makes certain.

// telegram looks for the token of a bot: its number, a colon, AA and 33 characters.
func (f *finder) telegram(start, end int) {
	if end-start != 35 || !cut(f.text, start, "AA") {
		return
	}
	i := start - 1
	for i > 0 && start-1-i <= 11 && isDigit(f.text[i-1]) {
		i--
	}
	if n := start - 1 - i; n < 8 || n > 10 || i > 0 && isWord(f.text[i-1]) && !foldedSuffix(f.text, i, "bot") {
		return
	}
	f.found("telegram-bot-token", i, end, Structure)
}

// afterDots looks for forms whose parts are joined by dots and whose first part
// begins like nothing: tokens of Terraform Cloud and of Discord's bots.
func (f *finder) afterDots(start, end int) {
	const middle = ".atlasv1."
	at := start - len(middle) - 14
	if cut(f.text, start-len(middle), middle) && at >= 0 && end-start >= 60 && (at == 0 || !isWord(f.text[at-1])) &&
		allIn(f.text[at:at+14], func(c byte) bool { return isLetter(c) || isDigit(c) }) {
		f.found("terraform-cloud-token", at, end, Structure)
		return
	}
	n := end - start
	if n < 27 || n > 38 || start < 31 || f.text[start-8] != '.' {
		return
	}
	at = start - 8
	for at > 0 && start-at < 40 && isWord(f.text[at-1]) {
		at--
	}
	if bytes.IndexByte([]byte("MNO"), f.text[at]) < 0 || at < f.until {
		return
	}
	if _, ok := discordProof(f.text[at:end]); ok {
		f.found("discord-bot-token", at, end, Structure)
	}
}

// shapes looks for forms that only their length and what they hold tell.
func (f *finder) shapes(begin, end int) {
	n := end - begin
	if n < 36 || n > 88 || begin < f.until {
		return
	}
	value := f.text[begin:end]
	switch {
	case n <= 37 && cut(value, 32, "-us") && allIn(value[:32], isHex) && allIn(value[35:], isDigit):
		f.found("mailchimp-api-key", begin, end, Structure)
	case n == 40 && value[6] == '_' && cut(value, 36, "_mmk"):
		f.found("maxmind-license-key", begin, end, Structure)
	case n == 50 && value[32] == '-' && value[41] == '-' && allIn(value[:32], isHex) && allIn(value[33:41], isHex) && allIn(value[42:], isHex):
		f.found("mailgun-api-key", begin, end, Structure)
	case n == 56 && cut(value, 44, "AzFu") && cut(value, 54, "=="):
		f.found("azure-function-key", begin, end, Structure)
	case n == 84 && cut(value, 76, "AZDO"):
		f.found("azure-devops-pat", begin, end, Structure)
	case n == 88 && cut(value, 76, "+ASt") && cut(value, 86, "=="):
		f.found("azure-storage-key", begin, end, Structure)
	}
}

// found adds a credential of a family that has no pattern of its own.
func (f *finder) found(id string, start, end int, proof Proof) {
	if start < f.until {
		return
	}
	f.until = end
	f.add(Hit{Start: start, End: end, Family: f.family(id), Proof: proof, Example: isExample(f.text[start:end]) || isSample(f.text[start:end])})
}

// inHeader looks at a run for the credential of an Authorization header, or for
// that of a registry in the configuration of Docker.
func (f *finder) inHeader(start, end int) {
	low, n := max(0, start-reach), start
	for n > low && isBetween(f.text[n-1]) {
		n--
	}
	if n < low+4 || n == start {
		return
	}
	trimmed := f.text[low:n]
	n -= low
	switch trimmed[n-1] | 0x20 {
	case 'h':
		if foldedSuffix(trimmed, n, "auth") && (n == 4 || !isWord(trimmed[n-5]) && trimmed[n-5] != '-' && trimmed[n-5] != '.') {
			f.pairIn(start, end, "docker-auth")
		}
	case 'c':
		if foldedSuffix(trimmed, n, "basic") && isAuthorization(trimmed[:n-5]) {
			f.pairIn(start, end, "authorization-basic")
		}
	case 'r':
		if foldedSuffix(trimmed, n, "bearer") && isAuthorization(trimmed[:n-6]) {
			f.bearer(start, end)
		}
	case 'n':
		if foldedSuffix(trimmed, n, "token") && isAuthorization(trimmed[:n-5]) {
			f.bearer(start, end)
		}
	}
}

// isBetween holds for what stands between a key and its value.
func isBetween(c byte) bool {
	return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == ':' || c == '\\'
}

func isAuthorization(before []byte) bool {
	if foldedSuffix(before, len(before), "api-") {
		before = before[:len(before)-len("api-")]
	}
	before = bytes.TrimRight(before, " \t\"':=\\,[")
	return foldedSuffix(before, len(before), "authorization")
}

// pairIn looks for a name and a password in base64.
func (f *finder) pairIn(start, end int, id string) {
	if start < f.until {
		return
	}
	stop := endOfBase64(f.text, start)
	if stop-start > 4096 || padding(f.text, stop) != end {
		return
	}
	decoded := unbase64(f.text[start:stop])
	name, password, ok := bytes.Cut(decoded, []byte(":"))
	if !ok || len(name) == 0 || len(password) == 0 || bytes.IndexByte(name, '"') >= 0 || !allIn(decoded, isText) || isTemplate(password) {
		return
	}
	f.until = end
	f.add(Hit{Start: start, End: end, Family: f.family(id), Proof: Structure, Example: isStandIn(password)})
}

func (f *finder) bearer(start, end int) {
	for end < len(f.text) && (runs[f.text[end]] != 0 || f.text[end] == '.' || f.text[end] == '~') {
		end++
	}
	if value := f.text[start:end]; isPhrase(value) || containsFold(value, "token") {
		return
	}
	before := f.until
	if f.anchor(start); f.until == before {
		f.found("authorization-bearer", start, end, Prefix)
	}
}

// tildesIn looks for client secrets of Microsoft Entra ID: three characters, a digit,
// Q~ and 31 to 34 more.
func (f *finder) tildesIn(lo, hi int) {
	for lo < hi && !f.seen {
		n := bytes.IndexByte(f.text[lo:hi], '~')
		if n < 0 {
			return
		}
		at := lo + n
		lo = at + 1
		begin, end := at-5, at+1
		if begin < 0 || f.text[at-1] != 'Q' || !isDigit(f.text[at-2]) || !allIn(f.text[begin:at], isAzure) || begin > 0 && isAzure(f.text[begin-1]) {
			continue
		}
		for end < len(f.text) && end-at <= 36 && isAzure(f.text[end]) {
			end++
		}
		if n := end - at - 1; n < 31 || n > 34 {
			continue
		}
		f.add(Hit{Start: begin, End: end, Family: f.family("azure-client-secret"), Proof: Structure, Example: isExample(f.text[at+1 : end])})
	}
}

func isAzure(c byte) bool { return isWord(c) || c == '~' || c == '.' || c == '-' }
