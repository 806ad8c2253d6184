package token

import "bytes"

// parseKey tells whether the content of an armour is a key, and whether it says
// that it is encrypted.
func parseKey(id string, content []byte) (parses, encrypted bool) {
	switch id {
	case "openssh-private-key":
		const magic = "openssh-key-v1\x00"
		if !bytes.HasPrefix(content, []byte(magic)) || len(content) < 100 {
			return false, false
		}
		cipher := content[len(magic):]
		return true, !bytes.HasPrefix(cipher, []byte("\x00\x00\x00\x04none"))
	case "pgp-private-key":
		// The tag of a secret key packet, of the old format and of the new (RFC 9580, 4.2).
		return len(content) > 100 && (content[0]&0xfc == 0x94 || content[0] == 0xc5), false
	case "cosign-private-key":
		return bytes.HasPrefix(content, []byte("{")), true
	}
	return isKeySequence(content)
}

// isKeySequence tells whether bytes are the DER of a private key of PKCS #1, SEC 1,
// PKCS #8 or DSA, whole, or of an encrypted one of PKCS #8 (RFC 5208, 5958).
func isKeySequence(content []byte) (parses, encrypted bool) {
	tag, inner, rest := element(content)
	if tag != 0x30 || len(rest) > 3 {
		return false, false
	}
	tag, first, after := element(inner)
	switch tag {
	case 0x02:
		if len(first) != 1 || first[0] > 2 {
			return false, false
		}
		tag, second, _ := element(after)
		return len(second) > 2 && (tag == 0x02 || tag == 0x04 || tag == 0x30), false
	case 0x30:
		tag, _, _ = element(first)
		sealed, _, tail := element(after)
		return tag == 0x06 && sealed == 0x04 && len(tail) == 0, true
	}
	return false, false
}

// element splits DER into the first element's tag and content and what follows; tag
// is 0 where there is none.
func element(der []byte) (tag byte, content, rest []byte) {
	if len(der) < 2 {
		return 0, nil, nil
	}
	n, at := int(der[1]), 2
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 3 || len(der) < 2+size {
			return 0, nil, nil
		}
		n = 0
		for _, b := range der[2 : 2+size] {
			n = n<<8 | int(b)
		}
		at += size
	}
	if len(der)-at < n {
		return 0, nil, nil
	}
	return der[0], der[at : at+n], der[at+n:]
}
