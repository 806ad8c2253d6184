package settings

import "strings"

// field is one field of a row of a table.
type field struct {
	at, end int
	value   string
	quoted  bool
}

// maxColumns bounds the columns of a table that are read.
const maxColumns = 256

// csv reads a table whose first row names its columns (RFC 4180; the sign between
// fields is the one that the first row has most of).
func (r *reader) csv(from, to int) {
	if from >= to {
		return
	}
	separator := separatorOf(r.text[from:r.lineEnd(from, to)])
	header, at := r.row(nil, from, to, separator)
	for _, h := range header {
		if len(h.value) > 64 {
			return
		}
	}
	var row []field
	for at < to {
		row, at = r.row(row[:0], at, to, separator)
		for i, f := range row {
			if i < len(header) && f.value != "" {
				r.add(Setting{Key: header[i].value, Value: f.value, KeyAt: header[i].at, At: f.at, End: f.end, Quoted: f.quoted})
			}
		}
	}
}

func separatorOf(line string) byte {
	best, most := byte(','), 0
	for _, c := range []byte(",;\t|") {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// row reads a row and gives the start of the next one.
func (r *reader) row(fields []field, at, to int, separator byte) ([]field, int) {
	for {
		f, next := r.field(at, to, separator)
		if len(fields) < maxColumns {
			fields = append(fields, f)
		} else {
			r.cut(LimitColumns, f.at)
		}
		if next >= to || r.text[next] == '\n' {
			return fields, next + 1
		}
		at = next + 1
	}
}

// field reads a field and gives the offset of the sign behind it.
func (r *reader) field(at, to int, separator byte) (field, int) {
	if at < to && r.text[at] == '"' {
		if end := r.doubledEnd('"', at+1, min(to, at+maxQuoted), false); end >= 0 {
			next := end + 1
			for next < to && r.text[next] != separator && r.text[next] != '\n' {
				next++
			}
			return field{at: at + 1, end: end, value: strings.ReplaceAll(r.text[at+1:end], `""`, `"`), quoted: true}, next
		}
	}
	end := at
	for end < to && r.text[end] != separator && r.text[end] != '\n' {
		end++
	}
	from, stop := r.trim(at, end)
	return field{at: from, end: stop, value: r.text[from:stop]}, end
}
