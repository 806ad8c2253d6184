package builtin

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// certificatesFor are the certificates that SealedSecrets of a file are sealed with:
// those of its environment, else those that belong to none. None means not known.
func (s Settings) certificatesFor(environment string) []*x509.Certificate {
	name := ""
	for _, e := range s.Environments {
		if e.Name == environment {
			name = e.Certificate
		}
	}
	for _, c := range s.Certificates {
		if c.Path == name || name == "" && !s.ofEnvironment(c.Path) {
			return c.parsed()
		}
	}
	return nil
}

// ofEnvironment tells whether a certificate is that of some environment.
func (s Settings) ofEnvironment(path string) bool {
	for _, e := range s.Environments {
		if e.Certificate == path {
			return true
		}
	}
	return false
}

// parsed are the certificates of a PEM file; none where one of them cannot be read.
func (c Certificate) parsed() []*x509.Certificate {
	list, _ := certificatesIn(c.PEM)
	return list
}

// certificatesIn reads the certificates of a PEM text. ok is false where it holds none,
// or one that cannot be read.
func certificatesIn(text []byte) (list []*x509.Certificate, ok bool) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return list, len(list) > 0
		}
		text = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, false
		}
		list = append(list, c)
	}
}

// holds tells whether one of some certificates has the fingerprint that it must have.
func (c Certificate) holds(list []*x509.Certificate) bool {
	return c.Fingerprint == "" || slices.ContainsFunc(list, func(x *x509.Certificate) bool { return sealed.Fingerprint(x) == c.Fingerprint })
}

// reportSealed reports the faults of one kind in a SealedSecret.
func reportSealed(p *checks.Pass, d *manifest.Document, faults []sealed.Fault, kind sealed.Kind) {
	for _, f := range faults {
		if f.Kind == kind {
			p.Report(faultReport(checks.At(d, f.Field, f.Node), f))
		}
	}
}

// faultReport words a fault: what the bytes prove is an error, a likely mistake a warning.
func faultReport(where checks.Location, f sealed.Fault) checks.Report {
	if f.At != (manifest.Pos{}) {
		where.At = f.At
	}
	r := checks.Report{Where: where, Inner: f.Rule, Message: told(f.Reason), Severity: checks.Error}
	switch {
	case f.Rule == "sealed-two-keys":
		r.Severity = checks.Notice // both open, and many copy a value so on purpose
	case !f.Certain:
		r.Severity = checks.Warning
	}
	switch {
	case f.Key == "", f.Key == "sops":
	case strings.HasPrefix(f.Reason, f.Key+" "):
		r.Message = f.Reason + "." // the name of a field, as it is written
	case !says(f.Reason, f.Key):
		r.Message = f.Key + ": " + f.Reason + "."
	}
	return r
}

// says tells whether a text has a key as a word of its own.
func says(text, key string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,:;"()^$|`, r) })
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, key) })
}

// sentence makes a sentence of a reason.
func sentence(reason string) string {
	first, size := utf8.DecodeRuneInString(reason)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + reason[size:] + "."
}

// exampleCiphertext has the structure of a sealed value, for examples: nobody can open
// it.
func exampleCiphertext(seed byte) string {
	bytes := make([]byte, 2+256+12+16)
	for i := range bytes {
		bytes[i] = seed*31 + byte(i)*7
	}
	bytes[0], bytes[1], bytes[2] = 1, 0, 0
	return base64.StdEncoding.EncodeToString(bytes)
}
