package secrets

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// maxURL is the length up to which a value is read as one URL.
const maxURL = 8192

// isURL tells a text that is one URL.
func isURL(v string) bool {
	scheme, rest, found := strings.Cut(v, "://")
	if found && strings.HasPrefix(scheme, "jdbc:") {
		scheme = scheme[len("jdbc:"):]
	}
	return found && len(v) <= maxURL && rest != "" && scheme != "" && isLetter(scheme[0]) && !strings.ContainsAny(rest, " \n\t\"") &&
		isOnly(scheme, func(c byte) bool { return isAlnum(c) || c == '+' || c == '-' || c == '.' || c == ':' })
}

// hasUserInfo tells a URL with a user and password before its host.
func hasUserInfo(v string) bool {
	_, ok := urlPassword(v)
	return ok
}

// urlPassword returns the password that stands before the host of a URL. A password
// may hold what should have been escaped: the last @ before the path ends it.
func urlPassword(v string) (string, bool) {
	_, rest, found := strings.Cut(v, "://")
	if !found {
		return "", false
	}
	end := strings.IndexAny(rest, "/?# \n\t\"'")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		// A password with a slash in it.
		if at = strings.IndexByte(rest, '@'); at < 0 || end == len(rest) || rest[end] != '/' || !isAuthorityWithSlash(rest[:at], rest[at+1:]) {
			return "", false
		}
		authority = rest
	}
	_, password, found := strings.Cut(authority[:at], ":")
	return password, found && password != ""
}

// isAuthorityWithSlash tells "user:pass/word" before an @ from the path of a URL:
// behind the colon no port stands.
func isAuthorityWithSlash(before, after string) bool {
	host, rest, found := strings.Cut(before, ":")
	port, _, _ := strings.Cut(rest, "/")
	return found && len(before) < 200 && !strings.ContainsAny(before, " \n\t\"'?#,") && !strings.ContainsRune(host, '/') && !isDigits(port) && after != "" && isAlnum(after[0])
}

// judgeURL judges a URL by the password in it, by the parameters of its query, and
// by its path where that is all the proof a caller has to bring.
func (j *judge) judgeURL(v string) Answer {
	if strings.HasPrefix(v, "ref+") && j.level > NamesPublic {
		return Answer{Class: Plaintext, Evidence: "it is a reference to no store: the value stands in it"}
	}
	if password, ok := urlPassword(v); ok {
		return j.inURL(password, "it is a URL with a password in it")
	}
	if _, query, found := strings.Cut(v, "?"); found {
		for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
			name, value, _ := strings.Cut(pair, "=")
			if len(value) < 4 || !isSecretParameter(name) {
				continue
			}
			if a := j.inURL(value, "it is a URL with a secret among its parameters"); a.Class.Leaks() {
				return a
			}
		}
	}
	if isPathOfFillers(v) {
		return Answer{Class: Placeholder, Evidence: "it is a URL whose path is to be filled in"}
	}
	if hasRandomPath(v) && (j.says(hintWord) || strings.Contains(v, "hook")) || j.says(hintWord) && j.level >= Suggests && hasDrawnPath(v) && j.in == Held {
		return Answer{Class: Plaintext, Evidence: "it is the address of a webhook, which nobody may know"}
	}
	if j.in == Held && hasRandomPath(v) && !isImageOrDigest(v) {
		return Answer{Class: Plaintext, Evidence: "it is a URL with a random word in its path"}
	}
	return Answer{Class: Public, Evidence: "it is a URL without credentials"}
}

// inURL judges the password of a URL, which is none where it is a template or a
// placeholder.
func (j *judge) inURL(password, evidence string) Answer {
	if a, ok := j.judgeTemplate(password, true); ok {
		return a
	}
	if password == "example" && isConstantName(j.key[strings.LastIndexByte(j.key, '.')+1:]) {
		return Answer{Class: Weak, Evidence: evidence + " that anyone guesses first"}
	}
	if _, ok := placeholder(password); ok || isURLPlaceholder(password) {
		return Answer{Class: Placeholder, Evidence: "it is a URL with a placeholder for the password"}
	}
	if isWeak(&j.words, password) {
		return Answer{Class: Weak, Evidence: evidence + " that anyone guesses first"}
	}
	return Answer{Class: Plaintext, Evidence: evidence}
}

// isURLPlaceholder tells what documentation writes for a password in a URL.
func isURLPlaceholder(v string) bool {
	switch v {
	case "PASSWORD", "PASS", "PWD", "TOKEN", "SECRET":
		return true
	}
	return isConstantName(v)
}

// isSecretParameter knows the parameters of a query that are credentials.
func isSecretParameter(name string) bool {
	switch strings.ToLower(name) {
	case "access_token", "token", "key", "api_key", "apikey", "secret", "password", "passwd", "pwd", "pass", "sig", "signature", "auth", "auth_token", "client_secret", "code", "authtoken", "accesskey", "private_token", "sharedaccesskey":
		return true
	}
	return false
}

// hasDrawnPath tells a path with a segment that is none of the words by which an
// application names where it takes calls, so that it may be the proof a caller brings.
func hasDrawnPath(v string) bool {
	_, rest, _ := strings.Cut(v, "://")
	_, path, _ := strings.Cut(rest, "/")
	for segment := range strings.SplitSeq(path, "/") {
		switch strings.ToLower(segment) {
		case "", "hook", "hooks", "webhook", "webhooks", "api", "v1", "v2", "v3", "github", "gitlab", "bitbucket", "gitea", "stripe", "slack", "alerts", "alertmanager", "callback", "events", "notify", "notifications", "receive",
			"push", "deploy", "build", "ci", "prometheus", "grafana", "dockerhub", "quay", "argocd", "flux", "jenkins":
		default:
			return true
		}
	}
	return false
}

// isPathOfFillers tells a path that shows where its parts go: /services/XXX/YYY/ZZZ.
func isPathOfFillers(v string) bool {
	_, rest, _ := strings.Cut(v, "://")
	fillers := 0
	for segment := range strings.SplitSeq(rest, "/") {
		if bare := strings.TrimLeft(segment, "TB"); len(bare) >= 3 && isOneCharacter(bare) && strings.IndexByte("xXyYzZ0*", bare[0]) >= 0 {
			fillers++
		}
	}
	return fillers >= 2
}

// hasRandomPath tells a long word of letters and digits in the path of a URL, as in
// the address of an incoming webhook, which is a credential as a whole.
func hasRandomPath(v string) bool {
	_, rest, _ := strings.Cut(v, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	for segment := range strings.SplitSeq(path, "/") {
		if len(segment) >= 16 && looksRandom(segment) && !isUUID(segment) && !strings.Contains(segment, ".") && !isHex(segment) {
			return true
		}
	}
	return false
}

func isImageOrDigest(v string) bool { return strings.Contains(v, "sha256:") }

// connection judges a connection string: pairs of names and values, one of which
// may be a password.
func (j *judge) connection(v string) (Answer, bool) {
	if len(v) > maxURL || strings.Count(v, "=") < 2 || !strings.ContainsAny(v, "; ") || strings.ContainsAny(v, "\n") {
		return Answer{}, false
	}
	worst, found := Answer{}, false
	for _, s := range settings.Pairs(v) {
		if Promise(s.Key) != Promises {
			continue
		}
		found = true
		if a := classify(s.Key, s.Value, Named, j.depth+1); a.Class.Leaks() {
			worst = worse(worst, Answer{Class: a.Class, Evidence: "it is a connection string with a secret in it", Family: a.Family})
		} else {
			worst = worse(worst, a)
		}
	}
	return worst, found
}
