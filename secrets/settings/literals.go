package settings

import "strings"

// quote reads a literal that begins at at, or passes by a quote that opens none.
func (c *code) quote(at int) int {
	sign := c.text[at]
	if c.triple && c.to-at >= 6 && c.text[at+1] == sign && c.text[at+2] == sign {
		if end := c.tripleEnd(at + 3); end >= 0 {
			from := at + 3
			if c.text[from] == '\n' {
				from++
			}
			from = min(from, end)
			c.literal(literal{value: c.decode(sign, from, end), at: from, end: end, quoted: true}, at)
			return end + 3
		}
	}
	end := c.literalEnd(at, sign)
	if end < 0 {
		return at + 1
	}
	c.literal(literal{value: c.decode(sign, at+1, end), at: at + 1, end: end, quoted: true}, at)
	return end + 1
}

// tripleEnd finds the three quotes that end a literal.
func (c *code) tripleEnd(at int) int {
	if c.ahead < 0 {
		return -1
	}
	three := c.text[at-3 : at]
	if i := strings.Index(c.text[at:c.to], three); i >= 0 {
		return at + i
	}
	c.searchedInVain(c.to-at, at)
	return -1
}

// literalEnd finds the quote that ends a literal: in its line, unless the language
// lets it go on.
func (c *code) literalEnd(at int, sign byte) int {
	escapes := strings.IndexByte(c.raw, sign) < 0
	stop := c.eol(at)
	if sign == '`' {
		stop = c.to
	}
	if c.doubled {
		return c.doubledEnd(sign, at+1, min(c.to, at+maxQuoted), escapes)
	}
	end := c.closing(sign, at+1, stop, escapes)
	if end < 0 && c.multiline && (c.prev == assign || c.prev == '(' || c.prev == ',') {
		end = c.closing(sign, at+1, min(c.to, at+maxQuoted), escapes)
	}
	return end
}

func (c *code) decode(sign byte, from, to int) string {
	s := c.text[from:to]
	switch {
	case c.doubled:
		if two := string(sign) + string(sign); strings.Contains(s, two) {
			s = strings.ReplaceAll(s, two, string(sign))
		}
		return s
	case strings.IndexByte(c.raw, sign) >= 0 || strings.IndexByte(s, '\\') < 0:
		return s
	case strings.IndexByte(c.plain, sign) >= 0:
		return strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(s)
	}
	return unescape(s)
}

// literal takes a literal that begins, with its quote, at at.
func (c *code) literal(lit literal, at int) {
	if key, ok := c.keyOf(lit, at); ok {
		c.yield(key, lit)
	} else if c.symbols {
		c.ofProvider(lit)
	} else if n := len(c.frames); n > 0 && c.frames[n-1].callee == "value" && c.prev == '(' {
		c.injected(lit)
	}
	c.variable(lit)
	if n := len(c.header); n > 0 && n < 5 && c.blocks && (c.prev == name || c.prev == text) {
		c.header = append(c.header, lit.value)
	}
	c.last = operand{literal: true, at: lit.at}
	if len(lit.value) <= 128 && strings.IndexByte(lit.value, '\n') < 0 {
		c.last.name = lit.value
	}
	c.only(c.last)
	c.prev = text
}

// variable reads an element of a list that is a variable of the environment:
// ["DB_PASSWORD=x"].
func (c *code) variable(lit literal) {
	n := len(c.frames)
	if n == 0 || c.frames[n-1].closed != ']' || c.prev != '[' && c.prev != ',' || len(lit.value) != lit.end-lit.at {
		return
	}
	name, value, ok := strings.Cut(lit.value, "=")
	if ok && isName(name) && isUpper([]byte(name)) {
		c.add(Setting{Key: name, Value: value, KeyAt: lit.at, At: lit.at + len(name) + 1, End: lit.end, Quoted: true})
	}
}

// keyOf is the key that a literal is the value of.
func (c *code) keyOf(lit literal, at int) (operand, bool) {
	switch {
	case c.prev == assign && c.key.name != "":
		return c.key, true
	case c.prev == fallback:
		return c.fallbackKey()
	case c.secure && c.prev == name:
		if c.key.name == "" {
			return operand{name: "SecureString", at: c.last.at}, true
		}
		return c.key, true
	case c.words && c.prev == name && c.last.name != "" && (c.last.first || c.isParameter()):
		return c.last, true
	}
	if len(c.frames) == 0 || c.isKey(lit.end+1) {
		return operand{}, false
	}
	f := &c.frames[len(c.frames)-1]
	switch {
	case f.callee != "" || f.closed == ')' && f.key.name == "":
		return c.argumentKey(f, lit)
	case c.tuples && f.closed == '}' && f.args == 1 && f.arg.name != "":
		return f.arg, c.prev == ','
	case f.closed == ']' && !f.index || f.closed == ')':
		return f.key, f.key.name != "" && (c.prev == '[' || c.prev == '(' || c.prev == ',')
	}
	return operand{}, false
}

// isParameter tells whether the name before a literal is a parameter of PowerShell.
func (c *code) isParameter() bool { return c.doubled && c.text[c.last.at] == '-' }

// isKey tells whether what stands before at is the key of what follows.
func (c *code) isKey(at int) bool {
	at = c.skipBlanks(at, c.to)
	if at >= c.to {
		return false
	}
	switch c.text[at] {
	case ':':
		return at+1 >= c.to || c.text[at+1] != ':'
	case '=':
		return at+1 >= c.to || c.text[at+1] != '='
	}
	return false
}

// fallbackKey is the key of a literal that stands in for a missing one: the variable
// of the environment that is asked for, or what the expression is assigned to.
func (c *code) fallbackKey() (operand, bool) {
	from := c.last
	from.name = lastPart(from.name)
	switch {
	case from.name == "":
		return c.key, c.key.name != ""
	case from.env || c.key.name == "" || isUpper([]byte(from.name)):
		from.alone = true
		return from, true
	}
	return c.key, true
}

// argumentKey is the key of an argument of a function.
func (c *code) argumentKey(f *frame, lit literal) (operand, bool) {
	switch {
	case f.isHashing() && (c.prev == '(' || c.prev == ','):
		return operand{name: "password", at: f.base.at, alone: true}, true
	case f.args == 0 && c.prev == '(' && wrappers[f.callee] && (c.endsCall(lit.end+1) || f.callee == "from"):
		return f.key, f.key.name != ""
	case f.args == 0 && c.prev == '(' && c.endsCall(lit.end+1):
		return setter(f.base)
	case c.prev == ',' && (pairing[f.callee] || f.callee == "string" && f.args == 1) && f.arg.name != "":
		key := f.arg
		key.alone = true
		f.arg = operand{}
		return key, true
	case c.prev == ',' && standIns[f.callee]:
		return f.key, f.key.name != ""
	case f.args == 2 && passwordThird[f.callee]:
		return operand{name: "password", at: f.base.at, alone: true}, c.prev == ','
	}
	return operand{}, false
}

// isHashing tells whether the next argument of the function is the password that it makes
// a hash of.
func (f *frame) isHashing() bool {
	at, known := hashing[f.callee]
	return known && at == f.args || f.callee == "password" && f.module == "mysql" && f.args == 0
}

func (c *code) endsCall(at int) bool {
	at = c.skipBlanks(at, c.to)
	return at < c.to && c.text[at] == ')'
}

// setter is what a function sets by its name: setPassword, withPassword.
func setter(callee operand) (operand, bool) {
	part := lastPart(callee.name)
	for _, verb := range []string{"set_", "set", "Set", "with_", "with", "With"} {
		if rest, ok := strings.CutPrefix(part, verb); ok && rest != "" && (verb[len(verb)-1] == '_' || rest[0] < 'a') {
			return operand{name: rest, at: callee.at}, true
		}
	}
	return operand{}, false
}

// yield adds the setting that a literal makes with its key.
func (c *code) yield(key operand, lit literal) {
	full := c.path()
	var f *frame
	if n := len(c.frames); n > 0 {
		f = &c.frames[n-1]
	}
	switch part := strings.ToLower(lastPart(key.name)); {
	case key.alone:
		full = key.name
	case f == nil || f.closed == ')' && f.callee == "" && f.key.name != "" || f.closed == ']' && key.at == f.key.at:
		full = c.listPath(f, key)
	case f.drop && (part == "default" || part == "value"):
	case f.named != "" && (part == "value" || part == "content"):
		full = c.join(full, f.named)
	case part == "default" && f.arg.name != "" && environment[f.callee]:
		full = f.arg.name
	case key.at == f.key.at && key.name == f.key.name:
	default:
		if part == "name" || part == "key" || part == "setting" {
			f.named = lit.value[:min(len(lit.value), 128)]
		}
		full = c.join(full, key.name)
	}
	c.add(Setting{Key: full, Value: lit.value, KeyAt: key.at, At: lit.at, End: lit.end, Quoted: true})
	if name, value, ok := strings.Cut(lit.value, "="); ok && lastPart(key.name) == "line" && isKey(name) && lit.end-lit.at == len(lit.value) {
		c.add(Setting{Key: name, Value: value, KeyAt: lit.at, At: lit.at + len(name) + 1, End: lit.end, Quoted: true}) // the line of a file
	}
	if running[strings.ToLower(lastPart(key.name))] && strings.ContainsAny(lit.value, " \n") && lit.end-lit.at == len(lit.value) && c.isQuote(lit.end) {
		c.inside(Shell, lit.at, lit.end)
	}
}

func (c *code) isQuote(at int) bool { return at < c.to && strings.IndexByte(c.quotes, c.text[at]) >= 0 }

// listPath is the path of an element of a list, which is that of the list.
func (c *code) listPath(f *frame, key operand) string {
	if f != nil && key.at == f.key.at {
		return f.path
	}
	return c.join(c.path(), key.name)
}

// ofProvider yields the third argument of a provider of OmniAuth, which is the secret of
// the application: provider :github, 'id', 'secret'.
func (c *code) ofProvider(lit literal) {
	if c.call.of == "" || c.call.args != 2 || len(c.frames) != c.call.depth || c.prev != ',' || c.isKey(lit.end+1) {
		return
	}
	c.add(Setting{Key: "omniauth.client_secret", Value: lit.value, KeyAt: c.call.at, At: lit.at, End: lit.end, Quoted: true})
}

// injected yields what a value that Spring injects falls back on: @Value("${name:x}").
func (c *code) injected(lit literal) {
	inner, ok := strings.CutPrefix(lit.value, "${")
	name, value, found := strings.Cut(strings.TrimSuffix(inner, "}"), ":")
	if !ok || !found || !isKey(name) || lit.end-lit.at != len(lit.value) {
		return
	}
	at := lit.at + len("${") + len(name) + 1
	c.add(Setting{Key: name, Value: value, KeyAt: lit.at, At: at, End: at + len(value), Quoted: true})
}
