package settings

import "strings"

// dotenv reads the lines of an environment file: KEY=value, with or without export,
// quoted or not; a quoted value may go over several lines.
func (r *reader) dotenv(from, to int) {
	for at := from; at < to; {
		end := r.lineEnd(at, to)
		at = max(r.dotenvLine(at, end, to), end+1)
	}
}

// dotenvLine reads a line and gives the start of the next one where the value ends
// behind the line, else 0.
func (r *reader) dotenvLine(at, end, to int) int {
	at, end = r.trim(at, end)
	if at == end {
		return 0
	}
	if r.text[at] == '#' {
		r.commented(at, end, "=")
		return 0
	}
	if line := r.text[at:end]; strings.HasPrefix(line, "export ") || strings.HasPrefix(line, "export\t") {
		at = r.skipBlanks(at+len("export "), end)
	}
	keyEnd := r.keyEnd(at, end)
	sep := r.skipBlanks(keyEnd, end)
	if keyEnd == at || sep == end {
		return 0
	}
	if c := r.text[sep]; c != '=' && (c != ':' || sep+1 < end && !isBlank(r.text[sep+1])) {
		return 0
	}
	lit := r.value(sep+1, end, to, "#")
	r.add(Setting{Key: r.text[at:keyEnd], Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
	if lit.next <= end {
		return 0
	}
	return r.lineEnd(lit.next, to) + 1
}
