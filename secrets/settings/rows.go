package settings

import "strings"

// pairOfRow is a row of a table of settings, as far as it has been read: the name of the
// setting stands in one column, and its value in another.
type pairOfRow struct {
	name  string
	value literal
	at    int // of the name
}

// inRow takes a literal of a column, and adds the setting that its row makes once both
// parts are there.
func (s *sql) inRow(column string, lit literal) {
	p := &s.pair
	switch {
	case isNameColumn(column):
		if !isKey(lit.value) && !isDottedKey(lit.value) || len(lit.value) > 128 {
			return
		}
		p.name, p.at = lit.value, lit.at
	case isValueColumn(column):
		p.value = lit
	default:
		return
	}
	if p.name == "" || p.value.value == "" {
		return
	}
	s.add(Setting{Key: s.join(s.table, p.name), Value: p.value.value, KeyAt: p.at, At: p.value.at, End: p.value.end, Quoted: true})
	*p = pairOfRow{}
}

func isNameColumn(column string) bool {
	switch bareColumn(column) {
	case "key", "name", "k", "setting", "property", "option", "param", "parameter", "variable", "attribute", "code", "path":
		return true
	}
	return hasAnySuffix(bareColumn(column), "key", "name") && !hasAnySuffix(bareColumn(column), "username", "hostname", "apikey", "secretkey", "accesskey", "privatekey", "firstname", "lastname", "displayname")
}

func isValueColumn(column string) bool {
	switch bareColumn(column) {
	case "value", "v", "val", "data", "content", "text":
		return true
	}
	return hasAnySuffix(bareColumn(column), "value", "val")
}

// bareColumn is the name of a column in lower case, without what joins its words.
func bareColumn(column string) string {
	return strings.ReplaceAll(strings.ToLower(column), "_", "")
}

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}
