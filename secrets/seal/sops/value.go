package sops

import (
	"math"
	"strconv"
	"time"
)

// kind is the type of a value, as SOPS writes it behind a ciphertext
// (aes/cipher.go).
type kind string

const (
	null     kind = "" // never encrypted and never hashed
	text     kind = "str"
	integer  kind = "int"
	float    kind = "float"
	boolean  kind = "bool"
	instant  kind = "time"
	octets   kind = "bytes"
	remarked kind = "comment"
)

// value is a leaf as SOPS holds it. text is what SOPS hashes for it, and what it
// encrypts (sops.go, ToBytes): there is one for each value, however it is spelt. That
// matters, because SOPS uses a nonce again where it finds the value again.
type value struct {
	kind kind
	text string
}

func (v value) isEmpty() bool { return v.kind == null || v.text == "" }

// valueOf takes what a reader of YAML or JSON gives. ok is false for what SOPS cannot
// hold.
func valueOf(v any) (_ value, ok bool) {
	switch v := v.(type) {
	case nil:
		return value{}, true
	case string:
		return value{text, v}, true
	case int:
		return value{integer, strconv.Itoa(v)}, true
	case float64:
		return floatValue(v), true
	case bool:
		return boolValue(v), true
	case time.Time:
		raw, err := v.MarshalText()
		return value{instant, string(raw)}, err == nil
	}
	return value{}, false
}

func floatValue(f float64) value { return value{float, strconv.FormatFloat(f, 'f', -1, 64)} }

func boolValue(b bool) value {
	if b {
		return value{boolean, "True"}
	}
	return value{boolean, "False"}
}

// decoded makes a value of what stood in a ciphertext, as SOPS does. ok is false where
// it does not fit its type.
func decoded(k kind, raw string) (_ value, ok bool) {
	switch k {
	case text, octets, remarked:
		return value{k, raw}, true
	case integer:
		i, err := strconv.Atoi(raw)
		return value{integer, strconv.Itoa(i)}, err == nil
	case float:
		f, err := strconv.ParseFloat(raw, 64)
		return floatValue(f), err == nil
	case boolean:
		b, err := strconv.ParseBool(raw)
		return boolValue(b), err == nil
	case instant:
		var t time.Time
		if t.UnmarshalText([]byte(raw)) != nil {
			return value{}, false
		}
		return valueOf(t)
	}
	return value{}, false
}

// spelling is how a value that is no text is commonly written in YAML, and in JSON as
// far as JSON has it. A float stays one where it is read again.
func (v value) spelling() string {
	switch v.kind {
	case null:
		return "null"
	case boolean:
		if v.text == "True" {
			return "true"
		}
		return "false"
	case float:
		return floatSpelling(v.text)
	}
	return v.text
}

func floatSpelling(canonical string) string {
	f, err := strconv.ParseFloat(canonical, 64)
	switch {
	case err != nil:
		return canonical
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	short := strconv.FormatFloat(f, 'g', -1, 64)
	for _, c := range short {
		if c == '.' || c == 'e' {
			return short
		}
	}
	return short + ".0"
}
