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
