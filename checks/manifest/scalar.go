package manifest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// resolveScalar gives the value of a YAML scalar as sigs.k8s.io/yaml decodes it:
// by the rules of YAML 1.1 as go.yaml.in/yaml/v2 reads them ("yes" is a boolean,
// "0777" is 511, a date is a string), then as JSON. tag is the explicit tag in
// its short form ("!!str"), or "".
//
// An error means that the scalar does not fit its explicit tag. A number that
// JSON cannot write (.inf, .nan) comes back as a Number whose text is not JSON.
func resolveScalar(tag, text string, plain bool) (Kind, string, error) {
	if tag == "" && !plain {
		return String, text, nil
	}
	switch tag {
	case "":
		kind, out := resolvePlain(text)
		return kind, out, nil
	case "!!str":
		return String, text, nil
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return String, "", errors.New("a !!binary value is not base64")
		}
		return String, validUTF8(string(data)), nil
	case "!!bool", "!!int", "!!float", "!!null", "!!timestamp":
		return resolveTagged(tag, text)
	default:
		return String, text, nil
	}
}

func resolveTagged(tag, text string) (Kind, string, error) {
	if tag == "!!timestamp" {
		if _, ok := parseTimestamp(text); ok {
			return String, text, nil
		}
		return String, "", errTag(tag)
	}
	if _, ok := parseTimestamp(text); ok && tag != "!!timestamp" {
		// Only untagged scalars are read as timestamps; with another tag the text
		// is tried as a number, which a date never is.
		return String, "", errTag(tag)
	}
	kind, out := resolvePlain(text)
	switch {
	case tag == "!!null" && kind == Null, tag == "!!bool" && kind == Bool:
		return kind, out, nil
	case tag == "!!int" && kind == Number && isInteger(text):
		return kind, out, nil
	case tag == "!!float" && kind == Number:
		if isInteger(text) {
			// The integer becomes a float64, unless it needs an unsigned 64-bit
			// integer.
			i, err := strconv.ParseInt(out, 10, 64)
			if err != nil {
				return Number, "", errTag(tag)
			}
			out = floatLiteral(float64(i))
		}
		return kind, out, nil
	}
	return String, "", errTag(tag)
}

func errTag(tag string) error { return errors.New("the value does not fit its tag " + tag) }

// isInteger tells whether a plain scalar that resolved to a number was one of
// the integer forms.
func isInteger(text string) bool {
	_, ok := resolveInteger(strings.ReplaceAll(text, "_", ""))
	return ok
}

// resolvePlain resolves a plain scalar without a tag.
func resolvePlain(text string) (Kind, string) {
	if text == "" {
		return Null, ""
	}
	switch c := text[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-':
		if kind, out, ok := resolveWord(text); ok {
			return kind, out
		}
		return resolveNumber(text)
	case c == '.':
		if kind, out, ok := resolveWord(text); ok {
			return kind, out
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return Number, floatLiteral(f)
		}
	case strings.IndexByte("yYnNtTfFoO~", c) >= 0:
		if kind, out, ok := resolveWord(text); ok {
			return kind, out
		}
	}
	return String, text
}

// resolveWord knows the plain scalars that stand for a value by name.
func resolveWord(text string) (Kind, string, bool) {
	if len(text) > 5 {
		return String, "", false
	}
	switch text {
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return Bool, "true", true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return Bool, "false", true
	case "~", "null", "Null", "NULL":
		return Null, "", true
	case ".nan", ".NaN", ".NAN":
		return Number, ".nan", true
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return Number, ".inf", true
	case "-.inf", "-.Inf", "-.INF":
		return Number, "-.inf", true
	}
	return String, "", false
}

// resolveNumber resolves a plain scalar that begins with a digit or a sign.
func resolveNumber(text string) (Kind, string) {
	if _, ok := parseTimestamp(text); ok {
		return String, text
	}
	if isDecimal(text) {
		return Number, text
	}
	plain := strings.ReplaceAll(text, "_", "")
	if out, ok := resolveInteger(plain); ok {
		return Number, out
	}
	if isYAMLFloat(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return Number, floatLiteral(f)
		}
	}
	return String, text
}

// isDecimal tells whether text is an integer that is already its JSON literal.
func isDecimal(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && text != "0" {
		return false
	}
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

// resolveInteger reads the integer forms of go.yaml.in/yaml/v2: those of a Go
// literal, with "0b" allowed behind a sign.
func resolveInteger(plain string) (string, bool) {
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return strconv.FormatUint(u, 10), true
	}
	switch {
	case isYAMLFloat(plain):
	case strings.HasPrefix(plain, "0b"):
		if i, err := strconv.ParseInt(plain[2:], 2, 64); err == nil {
			return strconv.FormatInt(i, 10), true
		}
		if u, err := strconv.ParseUint(plain[2:], 2, 64); err == nil {
			return strconv.FormatUint(u, 10), true
		}
	case strings.HasPrefix(plain, "-0b"):
		if i, err := strconv.ParseInt("-"+plain[3:], 2, 64); err == nil {
			return strconv.FormatInt(i, 10), true
		}
	}
	return "", false
}

// isYAMLFloat matches [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
func isYAMLFloat(s string) bool {
	s = skipSign(s)
	whole, rest := skipDigits(s)
	if strings.HasPrefix(rest, ".") {
		fraction, after := skipDigits(rest[1:])
		if whole == 0 && fraction == 0 {
			return false
		}
		rest = after
	} else if whole == 0 {
		return false
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	exponent, rest := skipDigits(skipSign(rest[1:]))
	return exponent > 0 && rest == ""
}

func skipSign(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func skipDigits(s string) (n int, rest string) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n, s[n:]
}

// floatLiteral writes f as encoding/json does, or by its YAML name where JSON
// has no literal for it.
func floatLiteral(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	b, err := json.Marshal(f)
	if err != nil {
		return ".nan"
	}
	return string(b)
}

// isJSONNumber tells whether the text of a Number can stand in JSON.
func isJSONNumber(text string) bool { return !strings.HasSuffix(text, "inf") && text != ".nan" }

var timestampFormats = [...]string{
	"2006-1-2T15:4:5.999999999Z07:00",
	"2006-1-2t15:4:5.999999999Z07:00",
	"2006-1-2 15:4:5.999999999",
	"2006-1-2",
}

// parseTimestamp reads the forms of a YAML timestamp that go.yaml.in/yaml/v2
// knows; all begin with a year of four digits.
func parseTimestamp(s string) (time.Time, bool) {
	if n, rest := skipDigits(s); n != 4 || !strings.HasPrefix(rest, "-") {
		return time.Time{}, false
	}
	for _, format := range timestampFormats {
		if t, err := time.Parse(format, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// validUTF8 replaces each byte that is not UTF-8, as encoding/json does when it
// writes a string.
func validUTF8(s string) string { return string([]rune(s)) }

// keyText gives the field name that a YAML map key becomes in JSON. ok is false
// for keys that have none: null, unsigned 64-bit integers, maps and lists.
func keyText(tag, text string, plain bool) (key string, ok bool, err error) {
	kind, out, err := resolveScalar(tag, text, plain)
	if err != nil {
		return "", false, err
	}
	switch {
	case kind == String || kind == Bool:
		return out, true, nil
	case kind != Number:
		return "", false, nil
	case !isJSONNumber(out):
		return out, true, nil
	case tag != "!!float" && isInteger(text):
		_, err := strconv.ParseInt(out, 10, 64)
		return out, err == nil, nil
	}
	f, err := strconv.ParseFloat(out, 64)
	if err != nil {
		return "", false, nil
	}
	return strconv.FormatFloat(f, 'g', -1, 32), true, nil
}
