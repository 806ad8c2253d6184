package settings

import (
	"strings"
	"testing"
)

// BenchmarkRead reads the text of each format in testdata, repeated to a megabyte.
func BenchmarkRead(b *testing.B) {
	const size = 1 << 20
	seen := make(map[Format]string)
	for _, c := range readCases {
		seen[FormatOf(c.name, []byte(c.text))] += c.text
	}
	for _, format := range allFormats {
		text := seen[format]
		if text == "" {
			continue
		}
		data := []byte(strings.Repeat(text, size/len(text)))
		b.Run(string(format), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				ReadAs(format, data)
			}
		})
	}
}

// BenchmarkReadUsual reads lines as long as they are in the field.
func BenchmarkReadUsual(b *testing.B) {
	for _, c := range []struct {
		format Format
		line   string
	}{
		{Dotenv, "SPRING_DATASOURCE_URL=jdbc:postgresql://db.example.com:5432/app\n# the user of the database\nSPRING_DATASOURCE_USERNAME=\"app\"\n"},
		{Properties, "# the database\nspring.datasource.url=jdbc:postgresql://db.example.com:5432/app\nspring.datasource.username=app\n"},
		{HCL, "resource \"aws_instance\" \"web\" {\n  ami           = \"ami-0123456789\"\n  instance_type = var.type\n}\n"},
		{Shell, "set -e\nfor f in *.yaml; do\n  kubectl apply -f \"$f\" --namespace \"$NS\"\ndone\n"},
		{XML, "<server>\n  <id>releases</id>\n  <username>deploy</username>\n</server>\n"},
	} {
		data := []byte(strings.Repeat(c.line, 1<<20/len(c.line)))
		b.Run(string(c.format), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				ReadAs(c.format, data)
			}
		})
	}
}
