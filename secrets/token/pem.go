package token

import "bytes"

// keysIn looks for private keys in PEM (RFC 7468) and in the armour of OpenPGP.
func (f *finder) keysIn(lo, hi int) {
	const mark = "PRIVATE KEY"
	hi = min(len(f.text), hi+len(mark)-1)
	for lo < hi && !f.seen {
		n := bytes.Index(f.text[lo:hi], []byte(mark))
		if n < 0 {
			return
		}
		at := lo + n
		lo = at + len(mark)
		f.key(at, lo)
	}
}

// key judges the block whose first line has its mark at an offset.
func (f *finder) key(mark, after int) {
	const begin = "-----BEGIN "
	low := max(0, mark-40)
	n := bytes.LastIndex(f.text[low:mark], []byte(begin))
	if n < 0 {
		return
	}
	start := low + n
	label := f.text[start+len(begin) : mark]
	if !allIn(label, func(c byte) bool { return 'A' <= c && c <= 'Z' || isDigit(c) || c == ' ' }) {
		return
	}
	if cut(f.text, after, " BLOCK") {
		after += len(" BLOCK")
	}
	if !cut(f.text, after, "-----") {
		return
	}
	body := after + len("-----")
	hit := Hit{Start: start, Proof: Structure}
	stop := bytes.Index(f.text[body:], []byte("-----"))
	ended := stop >= 0 && cut(f.text, body+stop, "-----END")
	switch {
	case stop < 0:
		stop = len(f.text)
	default:
		stop += body
	}
	hit.End = stop
	if ended {
		hit.End = endOfArmour(f.text, stop+len("-----END"))
	}
	f.work += stop - body
	f.judgeKey(&hit, label, f.text[body:stop], ended)
}

func endOfArmour(text []byte, at int) int {
	for stop := min(len(text), at+60); at < stop && text[at] != '\n'; at++ {
		if cut(text, at, "-----") {
			return at + 5
		}
	}
	return at
}

func (f *finder) judgeKey(hit *Hit, label, body []byte, ended bool) {
	id := "private-key"
	for _, kind := range [...]struct{ label, id string }{
		{"RSA ", "rsa-private-key"}, {"EC ", "ec-private-key"}, {"DSA ", "dsa-private-key"}, {"OPENSSH ", "openssh-private-key"},
		{"PGP ", "pgp-private-key"}, {"ENCRYPTED ", "encrypted-private-key"}, {"ENCRYPTED COSIGN ", "cosign-private-key"},
		{"ENCRYPTED SIGSTORE ", "cosign-private-key"},
	} {
		if string(label) == kind.label {
			id = kind.id
		}
	}
	armour := unarmour(body, !ended)
	content := armour.content
	if !ended {
		hit.End += armour.read - len(body)
		if len(content) < minKey {
			return
		}
	}
	hit.Family = f.family(id)
	parses, encrypted := parseKey(id, content)
	hit.Encrypted = encrypted || bytes.Contains(label, []byte("ENCRYPTED")) || bytes.Contains(armour.headers, []byte("ENCRYPTED"))
	hit.Evidence = hit.Family.evidenceOf(Structure)
	if !parses {
		hit.Proof, hit.Evidence = Prefix, hit.Family.evidenceOf(Prefix)
		hit.Example = armour.broken || len(content) < minKey || isExample(content[:min(len(content), 200)])
	}
	f.account(hit)
	f.add(*hit)
}

// minKey is the least number of bytes of a private key: those of Ed25519 have 48.
const minKey = 48

// account tells whether a key is that of a service account of Google Cloud: the
// field of a JSON document that says so.
func (f *finder) account(hit *Hit) {
	low := max(0, hit.Start-reach)
	if bytes.Contains(f.text[low:hit.Start], []byte(`"private_key"`)) {
		hit.Family = f.family("gcp-service-account-key")
	}
}

// armour is what stands between the first and the last line of a block.
type armour struct {
	content []byte
	headers []byte
	broken  bool // something stands among the lines that is not base64
	read    int  // bytes of the text, up to the end of the last line of base64
}

// unarmour reads the lines of a block. They may be those of a text in quotes, with \n
// between them. A block that is open, without a last line, goes as far as its lines do.
func unarmour(body []byte, open bool) armour {
	const blanks = " \t\r"
	var a armour
	var digits []byte
	for at := 0; at < len(body); {
		n, width := lineEnd(body[at:])
		line := bytes.TrimPrefix(bytes.TrimSuffix(bytes.Trim(body[at:at+n], blanks), []byte(" +")), []byte("+ "))
		line = bytes.Trim(line, blanks+`"',\#>|*`)
		stop := at + len(bytes.TrimRight(body[at:at+n], blanks+`"',\`))
		at += n + width
		switch {
		case len(line) == 0:
		case bytes.IndexByte(line, ':') >= 0:
			a.headers = append(a.headers, line...)
		case line[0] == '=' && len(line) == 5: // the checksum of OpenPGP's armour
		default:
			plain := bytes.TrimRight(line, "=")
			if endOfBase64(plain, 0) == len(plain) {
				digits = append(digits, plain...)
				a.read = stop
				continue
			}
			a.broken = true
			if open {
				a.content = unbase64(digits)
				return a
			}
		}
	}
	a.content = unbase64(digits)
	return a
}

// maxLine is where a line of an armour ends at the latest, so that a text of many lines
// in quotes is read once.
const maxLine = 4096

// lineEnd returns the length of a line and that of the break after it: a newline,
// or one written as \n in a text in quotes.
func lineEnd(body []byte) (n, width int) {
	body = body[:min(len(body), maxLine)]
	n = bytes.IndexByte(body, '\n')
	if n < 0 {
		n = len(body)
	}
	if k := bytes.Index(body[:n], []byte(`\n`)); k >= 0 {
		return k, 2
	}
	return n, 1
}
