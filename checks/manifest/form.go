package manifest

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Form says what a file is.
type Form string

// The forms of a file. Only a FormManifest holds Kubernetes objects for certain;
// the others are named so that nobody takes them for one.
const (
	FormManifest      Form = "manifest"
	FormKustomization Form = "kustomization"
	FormHelmTemplate  Form = "Helm template"
	FormTemplate      Form = "template"
	FormValues        Form = "values file"
	FormConfig        Form = "configuration"
	FormSOPS          Form = "SOPS file"
	FormGitCrypt      Form = "git-crypt file"
	FormLFS           Form = "Git LFS pointer"
	FormBinary        Form = "binary"
	FormText          Form = "text"
)

// formOfBytes recognises the forms that are not text, or "". What could hold an
// object for kubectl, which reads one document after the other, is none of them.
func formOfBytes(name string, data []byte) Form {
	switch {
	case bytes.HasPrefix(data, []byte("\x00GITCRYPT\x00")):
		return FormGitCrypt
	case utf16Order(data) != nil:
		return ""
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/v1\n")) && len(data) < 1024 && !mayHoldManifest(data):
		return FormLFS
	case isBinary(data) && !holdsWords(data) && !(isYAMLName(name) && mayHoldManifest(data)):
		return FormBinary
	}
	return ""
}

// isBinary tells whether data is no text: it has a NUL byte, or it is not UTF-8
// and begins with control characters that no text has in any encoding.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) && bytes.ContainsFunc(data[:min(len(data), 8000)], isControl)
}

func isControl(r rune) bool {
	return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r)
}

// formOfDocuments names a text file by what was read from it.
func formOfDocuments(f *File) Form {
	switch {
	case len(f.Templated) > 0 && isChartTemplate(f.Path):
		return FormHelmTemplate
	case len(f.Templated) > 0:
		return FormTemplate
	case anyDocument(f, isSOPS):
		return FormSOPS
	case isKustomizationName(f.Path) || anyDocument(f, isKustomization):
		return FormKustomization
	case anyDocument(f, (*Document).IsObject):
		return FormManifest
	case f.Encoding == "" && len(f.Broken) == 0 && isBinary(f.Text):
		return FormBinary
	case !isYAMLName(f.Path):
		return FormText
	case isValuesName(f.Path):
		return FormValues
	}
	return FormConfig
}

func anyDocument(f *File, is func(*Document) bool) bool {
	for _, d := range f.Documents {
		if is(d) {
			return true
		}
	}
	return false
}

// isSOPS recognises the metadata that SOPS adds to a file it encrypts.
func isSOPS(d *Document) bool {
	sops := d.Root.Get("sops")
	return sops.Get("mac") != nil || sops.Get("lastmodified") != nil && sops.Get("version") != nil
}

func isKustomization(d *Document) bool {
	return d.Object.Group() == "kustomize.config.k8s.io"
}

// isKustomizationName knows the three names that kustomize looks for.
func isKustomizationName(name string) bool {
	switch path.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// isValuesName knows the names that Helm users give to values files.
func isValuesName(name string) bool {
	base := strings.ToLower(path.Base(name))
	base = strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".")
	return base == "values" || strings.HasPrefix(base, "values-") || strings.HasPrefix(base, "values.") || strings.HasPrefix(base, "values_") ||
		strings.HasSuffix(base, "-values") || strings.HasSuffix(base, ".values") || strings.HasSuffix(base, "_values")
}

// isChartTemplate tells whether a file lies where Helm looks for templates.
func isChartTemplate(name string) bool {
	return strings.Contains("/"+name, "/templates/") || path.Ext(name) == ".tpl"
}

// isTemplateName knows the names of templates that are no YAML or JSON by name.
func isTemplateName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".tpl", ".tmpl", ".gotmpl", ".j2", ".jinja", ".jinja2":
		return true
	}
	return isChartTemplate(name)
}

// isTemplated tells whether text has the actions of a template engine: Go
// templates, Jinja.
func isTemplated(text []byte) bool {
	return closes(text, "{{", "}}") || closes(text, "{%", "%}")
}

func closes(text []byte, open, end string) bool {
	i := bytes.Index(text, []byte(open))
	return i >= 0 && bytes.Contains(text[i:], []byte(end))
}

// toUTF8 returns the text of data as UTF-8 without a byte-order mark, and the
// name of its encoding where it was another.
func toUTF8(data []byte) (text []byte, encoding string) {
	order := utf16Order(data)
	if order == nil {
		return bytes.TrimPrefix(data, []byte("\uFEFF")), ""
	}
	data = data[2:]
	if len(data)%2 != 0 {
		// kubectl's reader ends the last line with one byte in every encoding.
		data = append(slices.Clip(data), '\n')
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	if order == binary.ByteOrder(binary.LittleEndian) {
		encoding = "UTF-16LE"
	} else {
		encoding = "UTF-16BE"
	}
	return []byte(string(utf16.Decode(units))), encoding
}

// utf16Order returns the byte order that a UTF-16 byte-order mark names, or nil.
func utf16Order(data []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return binary.BigEndian
	}
	return nil
}
