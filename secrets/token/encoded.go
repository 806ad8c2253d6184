package token

import (
	"bytes"
	"strings"
)

// Credentials inside base64, and base64 inside base64.

const (
	minEncoded = 24      // characters of base64 that are worth decoding
	maxDepth   = 3       // of encodings
	maxEncoded = 1 << 20 // characters that are decoded: no Secret is larger
	probed     = 16      // characters that decide whether there is text inside

	decoded = "decoded from base64, " // how the evidence of what was inside begins
)

// wrapped looks into base64 that begins at an offset of a run, if what it begins
// with decodes to text.
func (f *finder) wrapped(begin, end int) {
	if end-begin < minEncoded || f.depth >= maxDepth || begin < f.until || begin < f.joined || !holdsText(f.text[begin:]) {
		return
	}
	body, stop := gather(f.text, begin)
	f.joined = stop
	f.work += stop - begin
	inner := finder{ix: f.ix, text: unbase64(body), depth: f.depth + 1, peek: f.peek}
	inner.scan()
	f.work += inner.work
	if len(inner.hits) == 0 {
		return
	}
	best := inner.hits[0]
	for _, hit := range inner.hits[1:] {
		if better(hit, best) {
			best = hit
		}
	}
	best.Start, best.End = begin, stop
	if !strings.HasPrefix(best.Evidence, decoded) {
		best.Evidence = decoded + best.Evidence
	}
	f.until = stop
	f.add(best)
}

// holdsText tells whether the first characters are base64 of text. Twelve bytes that
// all are text are no accident.
func holdsText(text []byte) bool {
	for i := 0; i < probed; i += 4 {
		a, b, c, d := sextets[text[i]], sextets[text[i+1]], sextets[text[i+2]], sextets[text[i+3]]
		if (a|b|c|d)&64 != 0 || !isText(a<<2|b>>4) || !isText(b<<4|c>>2) || !isText(c<<6|d) {
			return false
		}
	}
	return true
}

func isText(c byte) bool { return ' ' <= c && c < 0x7f || '\t' <= c && c <= '\r' }

// gather returns the characters of base64 from an offset on, also those of the lines
// that go on with it, and where they end, with their padding.
func gather(text []byte, at int) (body []byte, stop int) {
	stop = endOfBase64(text, at)
	body = text[at:stop]
	if stop-at < 48 {
		return body, padding(text, stop)
	}
	var joined []byte
	for len(joined)+len(body) < maxEncoded {
		next := nextLine(text, stop)
		if next < 0 {
			break
		}
		end := endOfBase64(text, next)
		after := padding(text, end)
		if end == next || after < len(text) && bytes.IndexByte([]byte("\r\n \"'\\"), text[after]) < 0 {
			break
		}
		if joined == nil {
			joined = append(joined, body...)
			body = nil
		}
		joined = append(joined, text[next:end]...)
		stop = end
		if after > end {
			break
		}
	}
	if joined != nil {
		body = joined
	}
	if len(body) > maxEncoded {
		body = body[:maxEncoded]
	}
	return body, padding(text, stop)
}

func endOfBase64(text []byte, at int) int {
	for at < len(text) && sextets[text[at]] < 64 {
		at++
	}
	return at
}

func padding(text []byte, at int) int {
	for n := 0; n < 2 && at < len(text) && text[at] == '='; n++ {
		at++
	}
	return at
}

// nextLine returns where the text of the line after the one that ends at an offset
// begins, or -1 where something else stands there.
func nextLine(text []byte, at int) int {
	if cut(text, at, `\n`) {
		at += 2
	} else {
		if at < len(text) && text[at] == '\r' {
			at++
		}
		if at >= len(text) || text[at] != '\n' {
			return -1
		}
		at++
	}
	for stop := at + reach; at < len(text) && (text[at] == ' ' || text[at] == '\t'); at++ {
		if at == stop {
			return -1
		}
	}
	return at
}

// decode decodes base64 of both alphabets, as far as it goes.
func unbase64(body []byte) []byte {
	out := make([]byte, 0, len(body)/4*3+3)
	i := 0
	for ; i+4 <= len(body); i += 4 {
		a, b, c, d := sextets[body[i]], sextets[body[i+1]], sextets[body[i+2]], sextets[body[i+3]]
		if (a|b|c|d)&64 != 0 {
			break
		}
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	var rest [4]byte
	n := 0
	for ; i < len(body) && n < 3 && sextets[body[i]] < 64; i++ {
		rest[n] = sextets[body[i]]
		n++
	}
	if n > 1 {
		out = append(out, rest[0]<<2|rest[1]>>4)
	}
	if n > 2 {
		out = append(out, rest[1]<<4|rest[2]>>2)
	}
	return out
}

// sextets holds the value of each digit of base64, of both alphabets, and 64 for all else.
var sextets = func() (values [256]uint8) {
	for c := range values {
		values[c] = 64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		values[c] = uint8(i)
	}
	values['-'], values['_'] = 62, 63
	return values
}()
