package secrets

import (
	"bytes"
	"encoding/pem"
	"strings"
)

const (
	pemBegin = "-----BEGIN "
	// privateKeyFamily is the Family of an Answer for a private key.
	privateKeyFamily = "private-key"
)

// blocks knows a text of PEM blocks by the most secret of them. Anything else
// beside the blocks may be a secret, too.
func blocks(v string) (Answer, bool) {
	if !strings.HasPrefix(v, pemBegin) {
		if !strings.HasPrefix(v, "#") && !hasPEMComment(v) || !strings.Contains(v, "\n"+pemBegin) {
			return Answer{}, false
		}
	}
	if !strings.Contains(v, "\n") && strings.Contains(v, `\n`) {
		v = strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(v)
	}
	answer := Answer{Class: Public, Evidence: "it is a certificate or a public key"}
	for rest := []byte(v); ; {
		rest = skipPEMComments(rest)
		if len(rest) == 0 {
			return answer, true
		}
		block, after := pem.Decode(rest)
		if block == nil || !bytes.HasPrefix(rest, []byte(pemBegin)) {
			return unreadableBlock(string(rest), answer), true
		}
		rest = after
		answer = worse(answer, answerOfBlock(block))
	}
}

// unreadableBlock judges what stands where a block should be: a model with its
// middle left out, or a text that may be anything.
func unreadableBlock(rest string, before Answer) Answer {
	if before.Class == Credential {
		return before
	}
	body := rest
	if _, after, found := strings.Cut(body, "-----\n"); found && strings.HasPrefix(rest, pemBegin) {
		body, _, _ = strings.Cut(after, "-----END")
	}
	body = strings.TrimSpace(body)
	if strings.HasPrefix(rest, pemBegin) && (len(body) < 200 && (body == "" || strings.Contains(body, "...") || strings.Contains(body, "…") || isFiller(body) || isPlaceholderText(body))) {
		return Answer{Class: Placeholder, Evidence: "it is a key or certificate with its middle left out"}
	}
	head, _, _ := strings.Cut(rest, "\n")
	if strings.HasPrefix(rest, pemBegin) && (strings.Contains(head, "CERTIFICATE") || strings.Contains(head, "PUBLIC KEY")) && !strings.Contains(rest, "PRIVATE") {
		return worse(before, Answer{Class: Public, Evidence: "it is a certificate or a public key that is not whole"})
	}
	return Answer{Class: Plaintext, Evidence: "something else stands beside the PEM blocks, or in their place"}
}

func answerOfBlock(block *pem.Block) Answer {
	switch {
	case strings.Contains(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"), isEncryptedOpenSSH(block.Bytes):
		return Answer{Class: Encrypted, Evidence: "it is a private key under a passphrase"}
	case strings.Contains(block.Type, "PRIVATE KEY"):
		return Answer{Class: Credential, Family: privateKeyFamily, Evidence: "it is a private key in PEM"}
	case strings.Contains(block.Type, "CERTIFICATE"), strings.Contains(block.Type, "PUBLIC KEY"), strings.HasSuffix(block.Type, "PARAMETERS"), block.Type == "X509 CRL":
		return Answer{Class: Public, Evidence: "it is a certificate or a public key"}
	case block.Type == "PGP MESSAGE", block.Type == "AGE ENCRYPTED FILE":
		return Answer{Class: Encrypted, Evidence: "it is an encrypted message in armour"}
	}
	return Answer{Class: Plaintext, Evidence: "it is a PEM block of a kind that is not known to be public"}
}

// isEncryptedOpenSSH reads the name of the cipher in the format of OpenSSH
// (PROTOCOL.key): "none" for a key in the clear.
func isEncryptedOpenSSH(raw []byte) bool {
	rest, ok := bytes.CutPrefix(raw, []byte("openssh-key-v1\x00\x00\x00\x00"))
	return ok && len(rest) > 5 && !(rest[0] == 4 && string(rest[1:5]) == "none")
}

// skipPEMComments skips blank lines, and those that openssl and others write
// between blocks to say whose certificate follows.
func skipPEMComments(text []byte) []byte {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if word := string(bytes.TrimSpace(line)); word != "" && word[0] != '#' && !hasPEMComment(word) {
			return text
		}
		text = rest
	}
	return text
}

// hasPEMComment tells a line that says whose certificate follows.
func hasPEMComment(line string) bool {
	for _, word := range []string{"subject", "issuer", "Subject", "Issuer", "Bag Attributes", "friendlyName", "localKeyID", "Key Attributes", "Certificate:", "===", "1.3.6.1"} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}
