package settings

import "strings"

// sql reads the statements of databases: a literal behind a name (PASSWORD 'x',
// SET password = 'x', OPTIONS (password 'x')), behind IDENTIFIED BY, and in the rows
// of INSERT and COPY, where the list of columns names it, or else the CREATE TABLE
// that stands above.
type sql struct {
	*reader
	to      int
	last    operand // the name read last, if nothing but "=" or "(" stands behind it
	before  string  // the name before that, in upper case
	insert  bool    // an INSERT has begun
	table   string
	columns []operand
	rows    bool // its rows follow
	column  int
	given   bool // the column has its literal
	depth   int
	tables  map[string][]operand // the columns of those that were created, by their names in lower case
	create  bool                 // a CREATE TABLE has begun
	begins  bool                 // a column of it may begin here
	pair    pairOfRow
	own     bool // SET PASSWORD has begun: what stands behind the "=" is one
}

func (r *reader) sql(from, to int) {
	s := &sql{reader: r, to: to}
	for at := from; at < to; {
		at = max(s.step(at), at+1)
	}
}

func (s *sql) step(at int) int {
	c := s.text[at]
	switch {
	case isSpace(c):
		return at + 1
	case c == '-' && at+1 < s.to && s.text[at+1] == '-', c == '#':
		end := s.lineEnd(at, s.to)
		s.commentedStatement(at, end)
		return end
	case c == '/' && at+1 < s.to && s.text[at+1] == '*':
		return s.blockComment(at)
	case c == '\'' || c == '"' || c == '`':
		return s.quoted(at, c)
	case c == '$':
		return s.dollar(at)
	case isWordByte(c) || c == '@' || c == '\\':
		return s.word(at)
	}
	s.sign(at, c)
	return at + 1
}

// blockComment reads what stands in a comment; the one that begins with "/*!" is no
// comment to MySQL.
func (s *sql) blockComment(at int) int {
	if at+2 < s.to && s.text[at+2] == '!' {
		return at + 3
	}
	end := s.to
	if i := strings.Index(s.text[at+2:s.to], "*/"); i >= 0 {
		end = at + 2 + i
	}
	s.commentedStatement(at+2, end)
	return min(end+2, s.to)
}

func (s *sql) commentedStatement(at, end int) {
	if s.comment || strings.IndexByte(s.text[at:end], '\'') < 0 {
		return
	}
	for at < end && strings.IndexByte("-#* \t", s.text[at]) >= 0 {
		at++
	}
	s.comment = true
	s.reader.sql(at, end)
	s.comment = false
}

// quoted reads a literal in single quotes, or a name in double ones or backticks;
// MySQL takes double quotes for literals too.
func (s *sql) quoted(at int, quote byte) int {
	end := s.doubledEnd(quote, at+1, s.to, true)
	if end < 0 {
		return at + 1
	}
	if quote == '`' || quote == '"' && (s.last.name == "" || s.depth > 0 && !s.rows && s.insert) {
		s.named(s.text[at+1:end], at+1)
		return end + 1
	}
	s.literal(at+1, end)
	return end + 1
}

func (s *sql) literal(at, end int) {
	lit := literal{value: s.decodeSQL(at, end), at: at, end: end, quoted: true}
	switch {
	case s.rows && s.depth > 0:
		if s.column < len(s.columns) && !s.given {
			s.yieldColumn(lit)
			s.inRow(s.columns[s.column].name, lit)
			s.given = true
		} else if len(s.columns) == 0 && s.column < 2 {
			s.inRow([]string{"name", "value"}[s.column], lit)
		}
	case s.last.name != "":
		s.yield(s.last, lit)
		if !s.insert {
			s.inRow(s.last.name, lit)
		}
	}
	s.last = operand{}
}

func (s *sql) decodeSQL(at, end int) string {
	value := s.text[at:end]
	if quote := string(s.text[end]); strings.Contains(value, quote+quote) {
		value = strings.ReplaceAll(value, quote+quote, quote)
	}
	if strings.Contains(value, `\`) {
		value = unescape(value)
	}
	return value
}

func (s *sql) yieldColumn(lit literal) {
	column := s.columns[s.column]
	s.add(Setting{Key: s.join(s.table, column.name), Value: lit.value, KeyAt: column.at, At: lit.at, End: lit.end, Quoted: lit.quoted})
}

func (s *sql) yield(key operand, lit literal) {
	s.add(Setting{Key: key.name, Value: lit.value, KeyAt: key.at, At: lit.at, End: lit.end, Quoted: true})
}

// dollar reads a literal of PostgreSQL between dollar signs, if it has no tag.
func (s *sql) dollar(at int) int {
	if s.last.name == "" || !strings.HasPrefix(s.text[at:s.to], "$$") || s.ahead < 0 {
		return at + 1
	}
	end := strings.Index(s.text[at+2:s.to], "$$")
	if end >= 0 && strings.ContainsAny(s.text[at+2:at+2+end], " \n") {
		return at + 2 // the body of a function, which has statements of its own
	}
	if end < 0 || end > 4096 {
		s.searchedInVain(max(end, 4096), at)
		return at + 2
	}
	from := at + 2
	s.yield(s.last, literal{value: s.text[from : from+end], at: from, end: from + end})
	s.last = operand{}
	return from + end + 2
}

func (s *sql) word(at int) int {
	end := at + 1
	for end < s.to && (isWordByte(s.text[end]) || s.text[end] == '.' || s.text[end] == '$') {
		end++
	}
	word := s.text[at:end]
	if end < s.to && s.text[end] == '\'' && len(word) == 1 {
		return end // the sign of a national or an escaped literal
	}
	if isDigit(word[0]) {
		s.last = operand{}
		return end
	}
	switch upper := strings.ToUpper(word[:min(len(word), 16)]); upper {
	case "BY", "AS":
		if s.before == "IDENTIFIED" || s.before == "WITH" {
			s.last = operand{name: "password", at: at}
			return end
		}
	case "INTO":
		s.insert = strings.EqualFold(s.before, "INSERT") || strings.EqualFold(s.before, "REPLACE") || strings.EqualFold(s.before, "IGNORE")
		s.table, s.columns, s.rows = "", nil, false
	case "TABLE":
		if s.before == "CREATE" || s.before == "TEMPORARY" || s.before == "UNLOGGED" {
			s.create, s.begins, s.insert, s.table, s.columns, s.rows = true, false, false, "", nil, false
			return end
		}
	case "COPY":
		s.insert, s.table, s.columns, s.rows = true, "", nil, false
	case "PASSWORD":
		s.own = s.before == "SET"
	case "VALUES", "VALUE":
		if !s.insert || s.depth > 0 && !s.rows {
			break // a column of that name
		}
		s.rows = s.insert
		s.knowsColumns()
		s.last = operand{}
		return end
	case "STDIN":
		if s.insert && s.knowsColumns() {
			return s.copied(end)
		}
	case "IDENTIFIED":
		s.before, s.last = upper, operand{}
		return end
	case "WITH", "IS":
		if s.before == "IDENTIFIED" {
			s.last = operand{}
			return end
		}
	}
	s.named(word, at)
	return end
}

// knowsColumns tells whether the columns of the rows that follow are known: from the
// statement, or from the one that made the table.
func (s *sql) knowsColumns() bool {
	if len(s.columns) == 0 {
		s.columns = s.tables[strings.ToLower(s.table)]
	}
	return len(s.columns) > 0
}

// created takes a name in a CREATE TABLE: that of the table, or of a column.
func (s *sql) created(word string, at int) {
	upper := strings.ToUpper(word)
	switch {
	case s.depth == 0 && s.table == "" && upper != "IF" && upper != "NOT" && upper != "EXISTS":
		s.table = lastPart(word)
	case s.depth == 1 && s.begins:
		s.begins = false
		if !constraints[upper] {
			s.addColumn(word, at)
		}
	}
}

func (s *sql) addColumn(name string, at int) {
	if len(s.columns) == maxColumns {
		s.cut(LimitColumns, at)
		return
	}
	s.columns = append(s.columns, operand{name: name, at: at})
}

// constraints are the words with which a line of CREATE TABLE begins that is no
// column.
var constraints = map[string]bool{
	"PRIMARY": true, "KEY": true, "UNIQUE": true, "INDEX": true, "CONSTRAINT": true, "FOREIGN": true, "CHECK": true, "FULLTEXT": true, "SPATIAL": true, "EXCLUDE": true, "LIKE": true, "PERIOD": true,
}

// maxTables bounds the tables whose columns are remembered.
const maxTables = 4096

// keep remembers the columns of the table that was created, and ends at at.
func (s *sql) keep(at int) {
	if s.tables == nil {
		s.tables = map[string][]operand{}
	}
	if len(s.tables) < maxTables {
		s.tables[strings.ToLower(s.table)] = s.columns
	} else {
		s.cut(LimitTables, at)
	}
	s.create, s.columns = false, nil
}

// named takes a name.
func (s *sql) named(word string, at int) {
	if len(word) > 128 {
		s.last = operand{}
		return
	}
	if s.create {
		s.created(word, at)
	}
	if s.insert && s.table == "" && !strings.EqualFold(word, "INTO") && !strings.EqualFold(word, "COPY") {
		s.table = lastPart(word)
	}
	if s.insert && s.depth == 1 && !s.rows {
		s.addColumn(word, at)
	}
	if s.before != "IDENTIFIED" || strings.EqualFold(word, "BY") {
		s.before = strings.ToUpper(word)
	}
	s.last = operand{name: lastPart(word), at: at}
}

func (s *sql) sign(at int, c byte) {
	switch c {
	case '(':
		if s.depth++; s.depth == 1 {
			s.column, s.given, s.begins, s.pair = 0, false, true, pairOfRow{}
		}
		if !s.rows || s.depth > 1 {
			return
		}
	case ')':
		if s.depth = max(s.depth-1, 0); s.depth == 0 && s.create {
			s.keep(at)
		}
	case ',':
		if s.depth == 1 {
			s.column++
			s.given, s.begins = false, true
		}
	case ';':
		s.insert, s.rows, s.columns, s.table, s.depth, s.before, s.create, s.pair = false, false, nil, "", 0, "", false, pairOfRow{}
		s.own = false
	case '=', ':':
		if s.own && c == '=' {
			s.last, s.own = operand{name: "password", at: at}, false
		}
		return
	}
	s.last = operand{}
}

// copied reads the rows behind COPY … FROM stdin, whose fields tabs part.
func (s *sql) copied(at int) int {
	at = s.lineEnd(at, s.to) + 1
	for at < s.to {
		end := s.lineEnd(at, s.to)
		if strings.HasPrefix(s.text[at:end], `\.`) {
			s.sign(at, ';')
			return end
		}
		from := at
		for _, column := range s.columns {
			stop := end
			if i := strings.IndexByte(s.text[from:end], '\t'); i >= 0 {
				stop = from + i
			}
			if value := strings.TrimRight(s.text[from:stop], "\r"); value != `\N` && value != "" {
				s.add(Setting{Key: s.join(s.table, column.name), Value: unescape(value), KeyAt: column.at, At: from, End: from + len(value)})
			}
			if from = stop + 1; from > end {
				break
			}
		}
		at = end + 1
	}
	return s.to
}
