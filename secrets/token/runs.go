package token

import "bytes"

// Almost every credential has sixteen bytes or more of letters, digits and - _ + / =
// in a row, and no text has many such runs. Testing every sixteenth byte and going
// back from there finds them all and reads about a third of the text.

// minRun is the length of the shortest run that is looked at.
const minRun = 16

// What a byte is to a run.
const (
	inRun  = 1 << iota // it can stand in one
	splits             // a credential can begin after it
)

// runs holds what each byte is to a run, or 0.
var runs = func() (class [256]uint8) {
	for c := range class {
		if isWord(byte(c)) {
			class[c] = inRun
		}
	}
	for _, c := range []byte("-+/=") {
		class[c] = inRun | splits
	}
	return class
}()

// block is how much text all passes look at before they go on to the next, so that
// the text is in the processor's cache for all but the first.
const block = 16 << 10

// finder looks for the credentials of a text.
type finder struct {
	ix     *index // nil as long as nothing in the text asks for it
	text   []byte
	depth  int  // of the encodings around the text
	peek   bool // stop at the first place that is worth a look
	seen   bool
	hits   []Hit
	until  int // the end of the last hit of the runs: nothing begins before it
	tries  int // of long forms in the run at hand
	joined int // the end of the lines of base64 that were looked into
	at     int // the last @ that was looked at
	work   int // bytes read more than once, to show that their number is in proportion
}

// family is the one of an ID.
func (f *finder) family(id string) *Family { return known().byID[id] }

func (f *finder) scan() {
	from := 0
	for lo := 0; lo < len(f.text); lo += block {
		hi := min(lo+block, len(f.text))
		from = f.runsIn(from, hi)
		f.keysIn(lo, hi)
		f.addressesIn(lo, hi)
		f.settingsIn(lo, hi)
		f.tildesIn(lo, hi)
		if f.seen {
			return
		}
	}
}

// nextRun returns the first run that begins at or after from and whose sixteenth
// byte stands before hi, and whether a byte in it splits it; without one, start is
// where the next search goes on, and end 0.
func nextRun(class *[256]uint8, text []byte, from, hi int) (start, end int, split bool) {
	for p := from + minRun - 1; p < hi; p = from + minRun - 1 {
		i := p
		for i >= from && class[text[i]] != 0 {
			i--
		}
		if i >= from {
			from = i + 1
			continue
		}
		end, or := from, uint8(0)
		for end < len(text) {
			c := class[text[end]]
			if c == 0 {
				break
			}
			or |= c
			end++
		}
		return from, end, or&splits != 0
	}
	return from, 0, false
}

func (f *finder) runsIn(from, hi int) int {
	for {
		start, end, split := nextRun(&runs, f.text, from, hi)
		if end == 0 {
			return start
		}
		f.run(start, end, split)
		if f.seen {
			return end
		}
		from = end + 1
	}
}

// run looks at all places of a run where a credential can begin.
func (f *finder) run(start, end int, split bool) {
	f.tries = 0
	begin := f.before(start, end)
	f.anchor(begin)
	f.shapes(begin, end)
	f.wrapped(begin, end)
	if !split {
		return
	}
	for i := begin; i < end-3 && !f.seen; i++ {
		if runs[f.text[i]]&splits != 0 && isWord(f.text[i+1]) {
			f.anchor(i + 1)
			if f.text[i] == '=' {
				f.shapes(i+1, end)
				f.wrapped(i+1, end)
			}
		}
	}
}

// before looks at what a run follows, and returns where its text begins: after
// the rest of an escape such as \n or %3D.
func (f *finder) before(start, end int) int {
	if start == 0 {
		return start
	}
	switch f.text[start-1] {
	case '.':
		f.hung(start)
		f.afterDots(start, end)
	case ':':
		f.hung(start)
		f.telegram(start, end)
		f.inHeader(start, end)
	case '~', '!', '?', '@', '$', '|', '%':
		f.hung(start)
		if f.text[start-1] == '%' && isHex(f.text[start]) && isHex(f.text[start+1]) {
			return start + 2
		}
	case ' ', '"', '\'':
		f.inHeader(start, end)
	case '\\':
		if isEscape(f.text[start]) {
			return start + 1
		}
		if f.text[start] == 'u' && end-start > 5 && allIn(f.text[start+1:start+5], isHex) {
			return start + 5
		}
	}
	return start
}

func isEscape(c byte) bool { return c == 'n' || c == 'r' || c == 't' }

// reach is how far before a run its credential can begin.
const reach = 128

// hung looks at the places before a run that hangs on them by a dot or the like:
// "SG.", "hvs.", "sha256~".
func (f *finder) hung(start int) {
	low := max(f.until, start-reach)
	i := start - 1
	for i > low && (runs[f.text[i-1]] != 0 || isLink(f.text[i-1])) {
		i--
	}
	f.work += start - i
	for ; i < start-1 && !f.seen; i++ {
		if i > 0 && isEscape(f.text[i]) && f.text[i-1] == '\\' {
			f.anchor(i + 1)
		} else if isWord(f.text[i]) && (i == 0 || !isWord(f.text[i-1])) {
			f.anchor(i)
		}
	}
}

func isLink(c byte) bool {
	switch c {
	case '.', ':', '~', '!', '?', '@', '$', '%', '|':
		return true
	}
	return false
}

// anchor looks for a credential that begins at an offset.
func (f *finder) anchor(at int) {
	if at < f.until || at+3 > len(f.text) {
		return
	}
	if f.ix == nil {
		f.ix = known()
	}
	h := hashOfThree(f.text[at], f.text[at+1], f.text[at+2])
	if f.ix.filter[h>>6]&(1<<(h&63)) == 0 {
		return
	}
	f.candidates(at)
}

func (f *finder) candidates(at int) {
	second, third := f.text[at+1], f.text[at+2]
	for _, form := range f.ix.first[f.text[at]] {
		if !form.heads[1][second] || !form.heads[2][third] || !cut(f.text, at, form.prefix) || form.long && f.tries >= maxTries {
			continue
		}
		if form.long {
			f.tries++
		}
		if hit, ok := f.judge(form, at); ok {
			f.until = hit.End
			f.add(hit)
			return
		}
	}
}

// maxTries is how often long forms are tried in one run: what begins like a credential
// over and over is none, and must not take more time than other text.
const maxTries = 8

func (f *finder) judge(form *form, at int) (Hit, bool) {
	end, ok := form.end(f.text, at)
	f.work += end - at
	if !ok {
		return Hit{}, false
	}
	if isPadded(f.text, at, end) && allIn(f.text[at:end], isAlnum) {
		return Hit{}, false
	}
	family := form.family
	hit := Hit{Start: at, End: end, Family: family, Proof: Prefix}
	if family.prove != nil {
		proof, ok := family.prove(f.text[at:end])
		if !ok {
			return Hit{}, false
		}
		hit.Proof = proof
	}
	hit.Example = isSample(f.text[at:end])
	if !family.plain && hit.Proof != Checksum {
		hit.Example = hit.Example || isExample(f.text[at+len(form.prefix):end])
	}
	if family.narrow != nil {
		if id := family.narrow(f.text[at:end]); id != "" {
			hit.Family = f.family(id)
		}
	}
	hit.Encrypted = family.sealed != "" && bytes.Contains(f.text[end:min(len(f.text), end+reach)], []byte(family.sealed))
	if family.isURL {
		hit.Start = schemeBefore(f.text, at, f.until)
	}
	return hit, true
}

// isPadded tells whether a text stands in the middle of base64.
func isPadded(text []byte, at, end int) bool {
	return at > 0 && (text[at-1] == '+' || text[at-1] == '/') && end < len(text) && (text[end] == '+' || text[end] == '/' || text[end] == '=')
}

func isAlnum(c byte) bool { return isLetter(c) || isDigit(c) }

// schemeBefore returns where the address begins whose host stands at an offset, with
// its first labels where it has any. Without a scheme, the address begins at the offset.
func schemeBefore(text []byte, at, low int) int {
	i := at
	for i > max(low, at-reach) && (isAlnum(text[i-1]) || text[i-1] == '-' || text[i-1] == '.') {
		i--
	}
	for _, scheme := range []string{"https://", "http://"} {
		if i-len(scheme) >= low && cut(text, i-len(scheme), scheme) {
			return i - len(scheme)
		}
	}
	return at
}
