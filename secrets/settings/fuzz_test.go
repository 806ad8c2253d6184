package settings

import (
	"strings"
	"testing"
)

var allFormats = []Format{
	Dotenv, Properties, INI, Conf, Systemd, TOML, HCL, XML, SQL, CSV, LDIF, Markdown, Shell, PowerShell, Batch, Dockerfile, Makefile,
	Ruby, Puppet, Groovy, Python, PHP, JavaScript, Go, Java, Lua, Erlang, Netrc, PgPass, GitCredentials, Htpasswd, Shadow,
	Bicep, Relay, PPP, IPsec, Davfs, Fstab, Radius, Router, Vault,
}

// wellPlaced tells what is wrong with the place of a setting, or "".
func wellPlaced(text string, s Setting) string {
	if s.KeyAt < 0 || s.KeyAt > s.At || s.At > s.End || s.End > len(text) {
		return "offsets out of order or out of range"
	}
	raw := text[s.At:s.End]
	if raw != s.Value && !strings.ContainsAny(raw, "\\'\"&`\n\r") && !isBase64OfLDIF(text, s) {
		return "the value does not stand at its place"
	}
	return ""
}

func isBase64OfLDIF(text string, s Setting) bool {
	return strings.Contains(text[s.KeyAt:s.At], "::")
}

func FuzzRead(f *testing.F) {
	for _, c := range readCases {
		f.Add(c.text)
	}
	for _, unit := range hostile {
		f.Add(unit + unit)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range allFormats {
			before := 0
			for _, s := range ReadAs(format, []byte(text)) {
				if wrong := wellPlaced(text, s); wrong != "" {
					t.Fatalf("%s: %s: %+v of %q", format, wrong, s, text)
				}
				if s.At < before {
					t.Fatalf("%s: not in the order of the values: %+v of %q", format, s, text)
				}
				before = s.At
			}
		}
		Read("", []byte(text))
		Embedded("config", text)
		Pairs(text)
		words := strings.Split(text, " ")
		for _, s := range Command(words) {
			if s.Word < 0 || s.Word >= len(words) {
				t.Fatalf("no such word: %+v of %q", s, words)
			}
			if wrong := wellPlaced(words[s.Word], s); wrong != "" {
				t.Fatalf("command: %s: %+v of %q", wrong, s, words)
			}
		}
	})
}
