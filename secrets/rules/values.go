package rules

import (
	"strconv"
	"strings"
)

// values reads the values of a table as Gitleaks does, which takes a number for
// its text, a text for its number, and a text for a list by its commas. The first
// key whose value cannot be taken so is kept.
type values struct {
	table map[string]any
	fault string
}

func (v *values) wrong(key string) {
	if v.fault == "" {
		v.fault = written(key)
	}
}

// written is a key as people write it.
func written(key string) string {
	switch key {
	case "secretgroup":
		return "secretGroup"
	case "skipreport":
		return "skipReport"
	case "usedefault":
		return "useDefault"
	case "disabledrules":
		return "disabledRules"
	case "regextarget":
		return "regexTarget"
	case "targetrules":
		return "targetRules"
	}
	return key
}

func (v *values) text(key string) string {
	value, ok := v.table[key]
	if !ok {
		return ""
	}
	text, ok := textOf(value)
	if !ok {
		v.wrong(key)
	}
	return text
}

func textOf(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case int64:
		return strconv.FormatInt(value, 10), true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case bool:
		if value {
			return "1", true
		}
		return "0", true
	}
	return "", false
}

func (v *values) texts(key string) []string {
	switch value := v.table[key].(type) {
	case nil:
		return nil
	case string:
		if value == "" {
			return nil
		}
		return strings.Split(value, ",")
	case []any:
		var list []string
		for _, item := range value {
			text, ok := textOf(item)
			if !ok {
				v.wrong(key)
				return nil
			}
			list = append(list, text)
		}
		return list
	default:
		text, ok := textOf(value)
		if !ok {
			v.wrong(key)
			return nil
		}
		return []string{text}
	}
}

func (v *values) number(key string) float64 {
	text := v.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v.wrong(key)
	}
	return n
}

func (v *values) whole(key string) int {
	n := v.number(key)
	if n != float64(int32(n)) {
		v.wrong(key)
		return 0
	}
	return int(n)
}

func (v *values) truth(key string) bool {
	text := v.text(key)
	if text == "" {
		return false
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		v.wrong(key)
	}
	return b
}

// tablesIn gives the tables of a value that may be one or a list of them.
func tablesIn(value any) ([]map[string]any, bool) {
	switch value := value.(type) {
	case nil:
		return nil, true
	case map[string]any:
		return []map[string]any{value}, true
	case []map[string]any:
		return value, true
	case []any:
		var list []map[string]any
		for _, item := range value {
			table, ok := item.(map[string]any)
			if !ok {
				return nil, false
			}
			list = append(list, table)
		}
		return list, true
	}
	return nil, false
}
