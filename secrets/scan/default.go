package scan

import "strings"

// defaultsIn returns the literals that the variables of a text fall back on where
// they are not set: ${NAME:-x} of a shell, of compose and of Flux, ${NAME:x} of
// Spring where the text is nothing else.
func defaultsIn(text string, cut func()) []literal {
	var out []literal
	for at := 0; ; {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return out
		}
		start := at + i
		at = start + len("${")
		name, rest, ok := variable(text[at:])
		if !ok {
			continue
		}
		end := strings.IndexByte(rest[:min(len(rest), maxLiteral)], '}')
		if end < 0 {
			if len(rest) > maxLiteral {
				cut()
			}
			continue
		}
		if strings.Contains(rest[:end], "${") {
			at = len(text) - len(rest) // a variable that falls back on another one
			continue
		}
		at = len(text) - len(rest) + end + 1
		alone := strings.TrimSpace(text[:start]) == "" && strings.TrimSpace(text[at:]) == ""
		if fallback := cutOperator(rest[:end], alone); fallback != "" {
			out = append(out, literal{text: fallback, variable: name})
		}
	}
}

// variable cuts the name of a variable from text.
func variable(text string) (name, rest string, ok bool) {
	i := 0
	for i < len(text) && i < maxName && isVariableByte(text, i) {
		i++
	}
	if i == 0 || i == len(text) {
		return "", "", false
	}
	return text[:i], text[i:], true
}

// isVariableByte tells whether text[i] belongs to the name of a variable. Spring
// allows dashes in one that has dots.
func isVariableByte(text string, i int) bool {
	c := text[i]
	return c == '_' || c == '.' || isAlnum(c) || c == '-' && i+1 < len(text) && isAlnum(text[i+1]) && strings.IndexByte(text[:i], '.') >= 0
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// cutOperator returns what a variable falls back on, or "": what stands between its
// name and the }, behind the operator. A text that counts when the variable is set,
// or that is an error message, is none.
func cutOperator(rest string, alone bool) string {
	for _, operator := range []string{":-", ":=", "-", "="} {
		if text, ok := strings.CutPrefix(rest, operator); ok {
			return strings.Trim(text, `"'`)
		}
	}
	if text, ok := strings.CutPrefix(rest, ":"); ok && alone && text != "" && strings.IndexByte("?+", text[0]) < 0 {
		return text
	}
	return ""
}
