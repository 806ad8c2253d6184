package settings

import "strings"

// IsStatement tells whether a text is a statement of SQL that may hold a literal: what
// it begins with is a verb of one, and the word behind it an object of that verb.
func IsStatement(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n(")
	if !beginsWithVerb(text) || !strings.ContainsAny(text, "'\"$") {
		return false
	}
	verb, rest := sqlWord(text)
	object, rest := sqlWord(rest)
	switch verb {
	case "CREATE", "ALTER":
		switch object {
		case "OR", "IF", "GLOBAL", "LOCAL", "SHARED", "EXTERNAL", "FOREIGN":
			object, _ = sqlWord(rest)
		}
		switch object {
		case "USER", "ROLE", "LOGIN", "GROUP", "SERVER", "SUBSCRIPTION", "DATABASE", "APPLICATION", "CREDENTIAL", "ENDPOINT", "CERTIFICATE", "MASTER", "SYMMETRIC", "REPLACE", "CATALOG", "RESOURCE", "TABLE", "STAGE", "SECRET", "CONNECTION", "NAMED",
			"REPLICATION", "INTEGRATION", "MASKING", "PROFILE", "PUBLIC", "KEYSPACE", "VOLUME", "STORAGE":
			return true
		}
	case "INSERT", "REPLACE", "MERGE":
		return object == "INTO" || object == "IGNORE"
	case "GRANT":
		return strings.Contains(strings.ToUpper(rest), "IDENTIFIED")
	case "UPDATE":
		return strings.Contains(strings.ToUpper(rest), "SET ") && strings.IndexByte(rest, '=') > 0
	case "SET":
		return object == "PASSWORD" || object == "GLOBAL" || object == "PERSIST"
	case "CHANGE":
		return object == "MASTER" || object == "REPLICATION"
	case "DO":
		return strings.HasPrefix(object, "$")
	case "SELECT":
		return object == "DBLINK_CONNECT" || object == "CRYPT" || object == "SET_CONFIG" || object == "VAULT"
	case "EXEC", "EXECUTE":
		return strings.HasPrefix(object, "SP_") || strings.HasPrefix(object, "MASTER")
	}
	return false
}

// statementVerbs are the verbs of statements that may hold a password.
var statementVerbs = [...]string{"CREATE", "ALTER", "INSERT", "REPLACE", "MERGE", "GRANT", "UPDATE", "SET", "CHANGE", "DO", "SELECT", "EXEC", "EXECUTE"}

func beginsWithVerb(text string) bool {
	if text == "" || strings.IndexByte("acdegimrsu", text[0]|0x20) < 0 {
		return false
	}
	n := strings.IndexAny(text[:min(len(text), len("EXECUTE")+1)], " \t\n")
	for _, verb := range statementVerbs {
		if len(verb) == n && strings.EqualFold(verb, text[:n]) {
			return true
		}
	}
	return false
}

// sqlWord cuts the first word of a text, and gives it in capitals.
func sqlWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " \t\r\n")
	n := 0
	for n < len(text) && (isWordByte(text[n]) || text[n] == '$') && n < 32 {
		n++
	}
	return strings.ToUpper(text[:n]), text[n:]
}
