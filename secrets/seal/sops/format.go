package sops

import "strings"

// Format is how a file is written.
type Format string

// The formats of SOPS.
const (
	YAML   Format = "yaml"
	JSON   Format = "json"
	Dotenv Format = "dotenv"
	INI    Format = "ini"
	// Binary is any other text or bytes: encrypted as a whole, in JSON.
	Binary Format = "binary"
)

// FormatOf returns the format that SOPS takes a file for (cmd/sops/formats).
func FormatOf(name string) Format {
	for _, f := range [...]struct {
		end    string
		format Format
	}{{".yaml", YAML}, {".yml", YAML}, {".json", JSON}, {".env", Dotenv}, {".ini", INI}} {
		if strings.HasSuffix(name, f.end) {
			return f.format
		}
	}
	return Binary
}
