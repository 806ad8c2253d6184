package builtin

import (
	"crypto/x509"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// warnBefore is how long before its end a certificate is told of: the controller
// makes a new key every 30 days.
const warnBefore = 30 * 24 * time.Hour

func certificateExpiring(s Settings) checks.Check {
	return checks.Check{
		ID:       "certificate-expiring",
		Title:    "Certificate for sealing cannot be used, or soon not any more",
		Category: checks.Sealing,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "Nobody can seal with a certificate that has expired, that is not valid yet, or whose key is too weak; and what people do who cannot seal is to commit plain text. " +
			"It is a warning from 30 days before its end. A value that is recorded as sealed with another certificate than the pinned one is a notice: the controller keeps old keys, " +
			"but who has an old key can read it.\n\n" +
			"The certificates that the configuration names are judged, and files of the usual names (`pub-sealed-secrets.pem`, `.gatehouse/certs/*.pem`).",
		Fix: "Fetch the present certificate and commit it: `gatehouse seal cert --fetch --output FILE`.",
		Bad: []string{`-- pub-sealed-secrets.pem --
` + expiredCertificate},
		Good: []string{`-- certificates/other.pem --
` + expiredCertificate},
		Facts: recordFacts,
		Reads: func(name string) bool {
			return isCertificate(name) || slices.ContainsFunc(s.Certificates, func(c Certificate) bool { return c.Path == name })
		},
		Tree: func(p *checks.Pass, t checks.Tree) error {
			for _, name := range t.Paths {
				if isCertificate(name) || slices.ContainsFunc(s.Certificates, func(c Certificate) bool { return c.Path == name }) {
					if err := judgeCertificate(p, t, name, s); err != nil {
						return err
					}
				}
			}
			for _, c := range s.Certificates {
				if !t.Has(c.Path) {
					p.Report(checks.Report{
						Where: checks.Location{File: configFile}, Inner: c.Path,
						Message: fmt.Sprintf("The configuration names the certificate %s, and there is no such file.", c.Path),
					})
				}
			}
			reportRetired(p, t, s)
			return nil
		},
	}
}

// recordFacts are what a SealedSecret says of the certificates that its values were
// sealed with.
func recordFacts(d *manifest.Document) []checks.Fact {
	text := d.Root.Lookup("metadata", "annotations", sealed.SealedWith).Str()
	if text == "" || !sealed.IsSealedSecret(d) {
		return nil
	}
	record := sealed.ReadRecord(text)
	var facts []checks.Fact
	for _, b := range sealed.Blobs(d) {
		if with := record.Of(b.Key); with != "" {
			facts = append(facts, checks.Fact{
				Kind: "sealed-with", Key: b.Key, Values: []string{with},
				Where: checks.At(d, manifest.JoinField("spec.encryptedData", b.Key), b.Node),
			})
		}
	}
	return facts
}

// reportRetired tells of values that are recorded as sealed with another certificate
// than the one that counts for their file now.
func reportRetired(p *checks.Pass, t checks.Tree, s Settings) {
	for _, f := range t.Facts {
		pinned := s.certificatesFor(t.Layout.Environment(f.Where.File))
		if len(pinned) == 0 || slices.ContainsFunc(pinned, func(c *x509.Certificate) bool { return sealed.Fingerprint(c) == f.Values[0] }) {
			continue
		}
		p.Report(checks.Report{
			Where: f.Where, Inner: "retired", Severity: checks.Notice,
			Message: fmt.Sprintf("%s is recorded as sealed with another certificate than the one that is pinned now.", f.Key),
			Fix:     "Seal it anew: `gatehouse seal reseal " + f.Where.File + "`.",
		})
	}
}

// isCertificate tells the names under which repositories keep the certificate of the
// sealed-secrets controller.
func isCertificate(name string) bool {
	base := path.Base(name)
	if ext := path.Ext(base); ext != ".pem" && ext != ".crt" && ext != ".cert" {
		return false
	}
	return strings.HasPrefix(name, ".gatehouse/certs/") || strings.Contains(base, "sealed-secrets") && !strings.Contains(base, "key")
}

func judgeCertificate(p *checks.Pass, t checks.Tree, name string, s Settings) error {
	text, err := t.Bytes(name)
	if err != nil {
		return err
	}
	list, ok := certificatesIn(text)
	pinned := slices.IndexFunc(s.Certificates, func(c Certificate) bool { return c.Path == name })
	if !ok {
		if pinned >= 0 {
			p.Report(checks.Report{
				Where: checks.Location{File: name}, Inner: "unreadable",
				Message: "The configuration names this file as the certificate to seal with, and it holds no certificate that can be read.",
			})
		}
		return nil
	}
	if pinned >= 0 && !s.Certificates[pinned].holds(list) {
		p.Report(checks.Report{
			Where: checks.Location{File: name}, Inner: "fingerprint",
			Message: "The certificate has not the fingerprint that the configuration gives for it: it was exchanged, or the configuration was not brought up to date.",
			Fix:     "Compare it with the one of the controller (`gatehouse seal cert --fetch`), and write the right fingerprint into the configuration.",
		})
	}
	for _, c := range list {
		for _, f := range sealed.Certificate(c, p.Time, warnBefore) {
			r := faultReport(checks.Location{File: name}, f)
			if c.NotAfter.After(p.Time) && f.Rule == "certificate-expiry" && !c.NotBefore.After(p.Time) {
				r.Severity = checks.Warning
			}
			p.Report(r)
		}
	}
	return nil
}

// expiredCertificate ended with the year 2020; nobody has its key.
const expiredCertificate = `-----BEGIN CERTIFICATE-----
MIICqTCCAZGgAwIBAgIBATANBgkqhkiG9w0BAQsFADAYMRYwFAYDVQQDEw1zZWFs
ZWQtc2VjcmV0MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowGDEWMBQG
A1UEAxMNc2VhbGVkLXNlY3JldDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoC
ggEBAMq+BFGT6Kc/3IgQRr/AHq867WmLV/X4rR1ooJCcjOvioSNm+PD/HZtFJow5
5Z300GL8vWK7EkDnzQlksHLTglWr8XDQs3GSa3HS5h16xIEP0S7wNaXGUyGmWmoq
6SsZkYRFAMxY9fyBU3SNq0gWF9YY6XftTvlYyH+OgmqQSsYhjTwiqbyJP2tOZfU8
mmf/Bxch04zXrsOnZLsV/K+rC/XnFOfNOl9ZsFTLKCPkGjd6+U8HUXVMAF4+ilsB
+yB9kvSBojE8/WYnHmRXkZR1I53saJai19Yo2aAnmiQ6UM95zVvaGhns5ni2Dxdy
QV5+MdP9+l2StSs2FBRThAcbNiMCAwEAATANBgkqhkiG9w0BAQsFAAOCAQEAHSLS
21Op4bNAIdNE7FIOpVTxuZKY8VugOwxqGPlJkMdsYsGLmYU7VK0n+I1l9cBknO95
GCgoxD4BmdYkbSPGW/ThZERVjtWA86GEDBhXkdf7SHJp2yGSfoyvi9toVuviMVgU
6PRqQeO8HpTNb9CGslrSwaKYSag95NvSi94xZPFwjYf2pKYUSVWtMEXjTCZK4R2B
yCcUuW+02dg/J7a2G6PoBsyXBNzTteU5E8O3EO3Pfcnz2uTBqG1p9GuxrxsQ1oDT
0WpIHiQJz9vjiUZWGoNY9fC6C+JkqLTAPruwZHBqzQ3iNCpFY5lQ5qUWXUDEJsqA
JuB3vglYL7nBUdJvRw==
-----END CERTIFICATE-----
`
