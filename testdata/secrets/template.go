package corpus

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// The language of the templates. Each marker stands between « and ».
//
//	«maker argument …|encoder|…»    a value, made and encoded
//	«@fragment|encoder|…»           the text of the file @fragment, expanded and encoded
//	«= class path; reason»          a label for this line; with «=2 … also for the next 2 lines
//	«?»                             a finding on this line is as right as none
//	«kind text»                     on a line of its own: the kind of the labels that
//	                                follow, also in the next files of the archive
//	«file form»                     on a line of its own: crlf, utf16le or utf16be
//
// Labels and the blanks before them are taken out of the text. A value of several
// lines that stands alone on its line is indented as far as its marker is.
var (
	annotation = regexp.MustCompile(`[ \t]*«(=[0-9]*|\?)(?: ([^»]*))?»`)
	directive  = regexp.MustCompile(`^[ \t]*«(kind|file) ([^»]*)»$`)
	marker     = regexp.MustCompile(`«([^»]*)»`)
)

// verdicts are those of the classes; public is clean except in a Secret, whose
// every value is at least worth a notice.
var verdicts = map[string]Verdict{
	"credential": Leak, "plaintext": Leak, "weak": Leak,
	"placeholder": Notice, "hash": Notice,
	"public": Clean, "template": Clean, "encrypted": Clean, "sealed": Clean, "reference": Clean, "empty": Clean,
}

// reasons stand in where a label names none.
var reasons = map[string]string{
	"credential":  "a credential that its form gives away",
	"plaintext":   "a literal where a secret is expected",
	"weak":        "a default that anyone guesses first is a leak all the same",
	"placeholder": "a text that asks to be replaced",
	"hash":        "a password hash",
	"public":      "not a secret",
	"template":    "filled in before it is applied",
	"encrypted":   "a ciphertext",
	"sealed":      "a ciphertext of sealed-secrets",
	"reference":   "names where the value is kept",
	"empty":       "no value",
}

// expander expands the files of one txtar archive.
type expander struct {
	maker     *maker
	fragments map[string]string
}

func expandArchive(m *maker, archive *txtar.Archive) ([]File, error) {
	e := expander{maker: m, fragments: map[string]string{}}
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "@") {
			e.fragments[f.Name] = strings.TrimSuffix(string(f.Data), "\n")
		}
	}
	var files []File
	kind := ""
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "@") {
			continue
		}
		file, last, err := e.file(f.Name, kind, string(f.Data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		files, kind = append(files, file), last
	}
	return files, nil
}

// filling is one file while it is filled in.
type filling struct {
	expander
	path    string
	made    int // values so far, which number the streams of random bytes
	out     strings.Builder
	line    int // of the output, from 1
	kind    string
	form    string
	open    []openLabel
	file    File
	written []string // values of the line
}

// openLabel is a label that takes in template lines yet to come.
type openLabel struct {
	Label
	more int
}

// file expands one file; kind is that of the labels before the first directive,
// and last that of those after the end.
func (e expander) file(path, kind, text string) (_ File, last string, err error) {
	f := &filling{expander: e, path: path, line: 1, kind: kind, file: File{Path: path}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if d := directive.FindStringSubmatch(line); d != nil {
			f.direct(d[1], d[2])
			continue
		}
		if err := f.fill(line); err != nil {
			return File{}, "", fmt.Errorf("line %q: %w", line, err)
		}
	}
	if len(f.open) > 0 {
		return File{}, "", errors.New("a label reaches past the end")
	}
	if f.file.Data, err = inForm(f.form, f.out.String()); err != nil {
		return File{}, "", err
	}
	return f.file, f.kind, nil
}

func (f *filling) direct(word, text string) {
	if word == "kind" {
		f.kind = text
		return
	}
	f.form = text
}

// fill expands one template line and closes the labels that end with it.
func (f *filling) fill(line string) error {
	f.written = nil
	for _, a := range annotation.FindAllStringSubmatch(line, -1) {
		if a[1] == "?" {
			f.file.Tolerated = append(f.file.Tolerated, f.line)
			continue
		}
		label, err := f.label(a[1], a[2])
		if err != nil {
			return err
		}
		f.open = append(f.open, label)
	}
	text, err := f.expand(annotation.ReplaceAllString(line, ""))
	if err != nil {
		return err
	}
	f.out.WriteString(text + "\n")
	f.line += strings.Count(text, "\n") + 1
	kept := f.open[:0]
	for _, l := range f.open {
		l.values = append(l.values, f.written...)
		if l.more > 0 {
			l.more--
			kept = append(kept, l)
			continue
		}
		l.EndLine = f.line - 1
		f.file.Labels = append(f.file.Labels, l.Label)
	}
	f.open = kept
	return nil
}

// label reads "=2" and "class path; reason".
func (f *filling) label(reach, text string) (openLabel, error) {
	more := 0
	if reach != "=" {
		n, err := strconv.Atoi(reach[1:])
		if err != nil {
			return openLabel{}, fmt.Errorf("reach of a label: %w", err)
		}
		more = n
	}
	what, reason, _ := strings.Cut(text, ";")
	class, path, _ := strings.Cut(strings.TrimSpace(what), " ")
	verdict, known := verdicts[class]
	if !known {
		return openLabel{}, fmt.Errorf("unknown class %q", class)
	}
	if f.kind == "" {
		return openLabel{}, errors.New("a label before the first kind")
	}
	if class == "public" && strings.HasPrefix(f.kind, "Secret") {
		verdict = Notice
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		reason = reasons[class]
	}
	return openLabel{Label{Line: f.line, Path: strings.TrimSpace(path), Kind: f.kind, Verdict: verdict, Class: class, Reason: reason}, more}, nil
}

// expand fills the markers of a line.
func (f *filling) expand(line string) (string, error) {
	var failed error
	text := marker.ReplaceAllStringFunc(line, func(m string) string {
		value, err := f.value(strings.TrimSuffix(strings.TrimPrefix(m, "«"), "»"))
		if err != nil {
			failed = err
		}
		if prefix, _, _ := strings.Cut(line, m); strings.TrimSpace(prefix) == "" {
			value = strings.ReplaceAll(value, "\n", "\n"+prefix)
		}
		return value
	})
	return text, failed
}

// value makes what one marker asks for.
func (f *filling) value(text string) (string, error) {
	parts := strings.Split(text, "|")
	words := strings.Fields(parts[0])
	if len(words) == 0 {
		return "", errors.New("an empty marker")
	}
	var value string
	var err error
	if strings.HasPrefix(words[0], "@") {
		value, err = f.fragment(words[0])
	} else {
		f.made++
		value, err = f.maker.make(f.path, f.made, words)
	}
	if err != nil {
		return "", err
	}
	for _, encoder := range parts[1:] {
		if value, err = encode(strings.TrimSpace(encoder), value); err != nil {
			return "", err
		}
	}
	value = strings.TrimSuffix(value, "\n")
	f.written = append(f.written, value)
	return value, nil
}

func (f *filling) fragment(name string) (string, error) {
	text, ok := f.fragments[name]
	if !ok {
		return "", fmt.Errorf("unknown fragment %s", name)
	}
	written := f.written
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		expanded, err := f.expand(line)
		if err != nil {
			return "", err
		}
		lines[i] = expanded
	}
	f.written = written // what stands in the file is the whole, encoded
	return strings.Join(lines, "\n") + "\n", nil
}
