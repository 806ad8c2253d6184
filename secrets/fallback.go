package secrets

import "strings"

// fallbacks visits the literals that a hole may be filled with where its variable
// is not set, and those that an action is made of.
func (h hole) fallbacks(visit func(literal string)) {
	switch h.form {
	case variableHole:
		variableFallback(h.inner, visit)
	case actionHole, expressionHole:
		if !isForName(h.inner) {
			quotedFallbacks(h.inner, true, visit)
		}
	}
}

// isForName tells an action all of whose values name what is no secret, so that what
// it falls back on is a name as well: default "postgres-password" .Values.auth.adminPasswordKey.
func isForName(action string) bool {
	const values = ".Values."
	found := false
	for {
		n := strings.Index(action, values)
		if n < 0 {
			return found
		}
		action = action[n+len(values):]
		end := 0
		for end < len(action) && (isAlnum(action[end]) || action[end] == '_' || action[end] == '.') {
			end++
		}
		if Promise(action[:end]) != NamesPublic {
			return false
		}
		found = true
	}
}

// variableFallback reads ${NAME:-x}, ${NAME:=x} and ${NAME-x} of a shell, ${name:x}
// of Spring, and the expressions that Terraform and others write in the braces.
func variableFallback(inner string, visit func(string)) {
	n := 0
	for n < len(inner) && (isAlnum(inner[n]) || strings.IndexByte("_.-[]", inner[n]) >= 0) {
		if inner[n] == '-' && isConstantOrWord(inner[:n]) {
			break
		}
		n++
	}
	name, rest := inner[:n], inner[n:]
	switch {
	case strings.HasPrefix(rest, ":-"), strings.HasPrefix(rest, ":="):
		visit(unquoted(rest[2:]))
	case strings.HasPrefix(rest, "-"), strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "=="):
		visit(unquoted(rest[1:]))
	case strings.HasPrefix(rest, ":?"), strings.HasPrefix(rest, ":+"), strings.HasPrefix(rest, "::"), rest == "":
	case rest[0] == ':' && !isSourceOfVariables(name) && n > 0 && !strings.HasPrefix(rest, "://"):
		if value := rest[1:]; !isDigits(strings.ReplaceAll(value, ":", "")) {
			visit(unquoted(value))
		} else if Promise(name) == Promises && !strings.Contains(value, ":") {
			visit(value)
		}
	default:
		if i := strings.LastIndex(rest, ", "); i > 0 && isSourceOfVariables(name) {
			if literal := strings.TrimSpace(rest[i+2:]); unquoted(literal) != literal {
				visit(unquoted(literal)) // ${env:NAME, 'x'} of the Serverless Framework
				return
			}
		}
		quotedFallbacks(inner, false, visit)
	}
}

// isConstantOrWord tells a name after which a dash begins a default: $NAME-x.
func isConstantOrWord(name string) bool {
	return name != "" && strings.ToUpper(name) == name && !strings.ContainsAny(name, ".[]-")
}

// isSourceOfVariables tells the words before a colon that say where a variable is
// to be looked up: ${env:NAME}.
func isSourceOfVariables(w string) bool {
	switch strings.ToLower(w) {
	case "env", "file", "vault", "ssm", "cf", "self", "opt", "sls", "aws", "param", "s3", "secret", "secrets", "kv", "sys", "sops", "dir", "directory", "secretsmanager", "securestring", "cipher", "http", "https",
		"sm", "script", "main", "ctx", "date", "java", "jndi", "lower", "upper", "const", "base64decoder", "base64encoder", "provider", "credentials", "bundle", "oc.env", "oc", "gcpsecretmanager", "awssm", "git",
		"stageparameters", "custom", "azurekeyvault", "keyvault", "awssecret", "k8s", "configmap", "strtobool", "op":
		return true
	}
	return strings.HasPrefix(w, "vault.") || strings.HasPrefix(w, "cf.") || strings.HasPrefix(w, "ssm.")
}

func unquoted(v string) string {
	v = strings.TrimSpace(v)
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'' || v[0] == '`') && v[len(v)-1] == v[0] {
		return v[1 : len(v)-1]
	}
	return v
}

// quotedFallbacks visits the quoted literals of an expression that stand where its
// value may come from: after default, or, coalesce, ternary, else, || and ??, as
// the second argument of a look-up in the environment, or at its beginning.
// atStart tells whether a literal at the beginning counts.
func quotedFallbacks(expr string, atStart bool, visit func(string)) {
	before := 0 // where the text before the literal begins
	function := ""
	for i := 0; i < len(expr); i++ {
		q := expr[i]
		if q != '"' && q != '\'' && q != '`' {
			continue
		}
		end := closingQuote(expr, i)
		if end < 0 {
			return
		}
		lead := strings.TrimSpace(expr[before:i])
		if f, ok := lastFunction(lead); ok {
			function = f
		}
		if isFallbackAt(lead, function, atStart && before == 0) && !isComparedAfter(expr[end+1:]) {
			visit(expr[i+1 : end])
		}
		before, i = end+1, end
	}
	bareDefault(expr, visit)
}

// bareDefault visits a number that a template falls back on: default 1234.
func bareDefault(expr string, visit func(string)) {
	_, rest, found := strings.Cut(expr, "default ")
	if !found {
		return
	}
	word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if isDigits(word) {
		visit(word)
	}
}

func closingQuote(expr string, at int) int {
	for i := at + 1; i < len(expr); i++ {
		switch expr[i] {
		case '\\':
			if expr[at] != '`' {
				i++
			}
		case expr[at]:
			return i
		}
	}
	return -1
}

// lastFunction returns the last function that is called in the text before a
// literal. ok is false where there is none, so that the literal is another argument
// of the one before.
func lastFunction(lead string) (name string, ok bool) {
	if at := strings.LastIndexAny(lead, "|(&"); at >= 0 {
		if lead[at] == '(' {
			at = strings.LastIndexAny(lead[:at], " \t|(&=") // the function is what the bracket stands behind
		}
		lead, ok = lead[at+1:], true
	}
	for word := range strings.FieldsFuncSeq(lead, func(r rune) bool { return strings.ContainsRune(" \t\n(),-", r) }) {
		if isLetter(word[0]) {
			return word[strings.LastIndexByte(word, '.')+1:], true
		}
	}
	return "", ok
}

// isFallbackAt tells whether a literal behind lead is what an expression may yield.
// first tells that it stands at the beginning, and that this counts.
func isFallbackAt(lead, function string, first bool) bool {
	bare := strings.TrimRight(lead, "( \t")
	switch {
	case bare == "" || bare == "-" || bare == "=":
		if first || function == "" {
			return first
		}
	case strings.HasSuffix(bare, "default=") && bare != "default=":
		return true // an argument of a look-up of Ansible
	case strings.HasSuffix(bare, "||"), strings.HasSuffix(bare, "??"), strings.HasSuffix(bare, "?"), strings.HasSuffix(bare, ":") && !strings.HasSuffix(bare, "::"):
		return true
	}
	switch function {
	case "default", "d", "coalesce", "ternary", "or", "else", "print", "quote", "squote", "b64enc", "base64encode", "fallback", "try", "nonsensitive", "sensitive", "toString", "orElse", "getOrElse":
		return true
	case "get", "getenv", "env", "fetch", "getEnv", "environ", "config", "option", "Getenv":
		return strings.HasSuffix(bare, ",")
	}
	return false
}

// isComparedAfter tells a literal that is compared with something, and is no value.
func isComparedAfter(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	return strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, "!=") || strings.HasPrefix(rest, ": ") || strings.HasPrefix(rest, "=>") || strings.HasPrefix(rest, "in ")
}
