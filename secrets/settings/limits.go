package settings

import "fmt"

// Names of the limits, as they stand in reasons and in the documentation.
const (
	LimitNesting = "settings-nesting"
	LimitColumns = "settings-columns"
	LimitTables  = "settings-tables"
	LimitAhead   = "settings-unclosed"
)

// maxNesting bounds how deep a text in a text is read, such as a script in an
// argument of a script.
const maxNesting = 4

// Limits lists the limits by name with their values and what they bound, for
// documentation.
func Limits() [][3]string {
	return [][3]string{
		{LimitNesting, fmt.Sprint(maxNesting), "scripts and documents in one another in a text of settings"},
		{LimitColumns, fmt.Sprint(maxColumns), "columns of one table that are read"},
		{LimitTables, fmt.Sprint(maxTables), "tables of one dump whose columns are remembered"},
		{LimitAhead, "4 times the text", "bytes that are searched in vain for the end of quotes, comments and here-documents"},
	}
}

// cut tells that a limit keeps what begins at at from being read.
func (r *reader) cut(limit string, at int) {
	if r.over != nil {
		r.over(limit, at)
	}
}

// searchedInVain takes note of bytes in which no end was found of what begins at at.
func (r *reader) searchedInVain(n, at int) {
	before := r.ahead
	if r.ahead -= n; before >= 0 && r.ahead < 0 {
		r.cut(LimitAhead, at)
	}
}
