package settings

import "strings"

// markdown reads the blocks of code of a text for people: between fences, or indented
// by four blanks or a tab. What stands there is an example as often as not, so that
// every setting counts as commented out.
func (r *reader) markdown(from, to int) {
	outer := r.comment
	r.comment = true
	for at := from; at < to; {
		end := r.lineEnd(at, to)
		if fence, language := fenceOf(r.text[at:end]); fence != "" {
			stop, next := r.fenceEnd(end+1, to, fence)
			r.example(language, end+1, stop)
			at = next
			continue
		}
		r.prose(at, end)
		stop := at
		for stop < to && isIndented(r.text[stop:r.lineEnd(stop, to)]) {
			stop = r.lineEnd(stop, to) + 1
		}
		if stop > at {
			r.example("", at, min(stop, to))
		}
		at = max(stop, end+1)
	}
	r.comment = outer
}

// prose reads a sentence that tells a password: "the password is `x`", with the sign of a
// literal around it.
func (r *reader) prose(at, end int) {
	for at < end {
		open := strings.IndexByte(r.text[at:end], '`')
		if open < 0 {
			return
		}
		open += at
		n := strings.IndexByte(r.text[open+1:end], '`')
		if n < 0 {
			return
		}
		if key := announced(r.text[max(at, open-maxAnnounced):open]); key != "" && n > 0 {
			r.add(Setting{Key: key, Value: r.text[open+1 : open+1+n], KeyAt: open + 1, At: open + 1, End: open + 1 + n, Quoted: true})
		}
		at = open + n + 2
	}
}

// maxAnnounced is how far before a literal the word for it may stand.
const maxAnnounced = 24

// announced is the word for a secret with which a text ends, or "".
func announced(text string) string {
	text = strings.TrimRight(strings.ToLower(text), " :=*_|")
	text = strings.TrimRight(strings.TrimSuffix(text, " is"), " *_")
	for _, word := range []string{"password", "passphrase", "passwort", "passcode", "token", "secret", "api key", "secret key", "access key"} {
		if strings.HasSuffix(text, word) {
			return word
		}
	}
	return ""
}

// fenceOf gives the fence that a line opens, and the language behind it.
func fenceOf(line string) (fence, language string) {
	line = strings.TrimLeft(line, " \t>-*")
	for _, sign := range []string{"```", "~~~"} {
		if rest, ok := strings.CutPrefix(line, sign); ok {
			language, _, _ = strings.Cut(strings.TrimSpace(strings.TrimLeft(rest, sign[:1])), " ")
			return sign, language
		}
	}
	return "", ""
}

// fenceEnd finds the line that closes a fence: where it begins, and where the next
// one does. A fence that nothing closes goes on to the end.
func (r *reader) fenceEnd(at, to int, fence string) (end, next int) {
	for at < to {
		stop := r.lineEnd(at, to)
		if strings.HasPrefix(strings.TrimLeft(r.text[at:stop], " \t>"), fence) {
			return at, stop + 1
		}
		at = stop + 1
	}
	return to, to
}

func isIndented(line string) bool {
	return (strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")) && strings.TrimSpace(line) != ""
}

// example reads a block of code in the language that is named, or that it looks like.
func (r *reader) example(language string, from, to int) {
	if from >= to {
		return
	}
	f, ok := formatOfName("example." + language)
	switch language {
	case "console", "terminal", "shell-session", "shell":
		f, ok = Shell, true
	}
	if !ok || f == Unknown || f == Markdown {
		f = sniff([]byte(r.text[from:min(to, from+maxSniffed)]))
	}
	switch f {
	case Unknown:
		f = Shell
	case YAML:
		f = Dotenv
	case JSON:
		f = JavaScript
	}
	r.inside(f, from, to)
}
