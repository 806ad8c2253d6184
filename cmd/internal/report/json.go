package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema"
)

// jsonVersion is the version of the JSON report. New keys may come under it; none
// changes its meaning.
const jsonVersion = 1

// document is the JSON report.
type document struct {
	Version   int                `json:"version" enum:"1" doc:"the version of this format: new keys may be added under it, none changes its meaning"`
	Tool      Tool               `json:"tool"`
	At        time.Time          `json:"at" doc:"the one clock of the run"`
	Commit    string             `json:"commit" doc:"the commit that was judged, or empty"`
	Base      string             `json:"base" doc:"the commit it was judged against, or empty"`
	FailOn    string             `json:"failOn" enum:"none,error,warning" doc:"the severity from which findings make the verdict fail"`
	Rules     Rules              `json:"rules"`
	Verdict   checks.Verdict     `json:"verdict" doc:"incomplete: nothing failed, something was not judged"`
	Counts    checks.Counts      `json:"counts"`
	Findings  []checks.Finding   `json:"findings"`
	NotJudged []checks.NotJudged `json:"notJudged" doc:"what should have been judged and could not be"`
	Opaque    []checks.Opaque    `json:"opaque" doc:"what lies outside the tree"`
	NotRun    []checks.NotRun    `json:"notRun" doc:"what this gate can never judge"`
}

func writeJSON(r Report) []byte {
	doc := document{
		Version:   jsonVersion,
		Tool:      Tool{Name: validUTF8(r.Tool.Name), Version: validUTF8(r.Tool.Version)},
		At:        r.At.UTC().Truncate(time.Second),
		Commit:    validUTF8(r.Commit),
		Base:      validUTF8(r.Base),
		FailOn:    r.FailOn.String(),
		Rules:     Rules{Bundle: validUTF8(r.Rules.Bundle), Local: validUTF8(r.Rules.Local)},
		Verdict:   r.Result.Verdict,
		Counts:    r.Result.Counts,
		Findings:  make([]checks.Finding, 0, len(r.Result.Findings)),
		NotJudged: make([]checks.NotJudged, 0, len(r.Result.NotJudged)),
		Opaque:    make([]checks.Opaque, 0, len(r.Result.Opaque)),
		NotRun:    make([]checks.NotRun, 0, len(r.Result.NotRun)),
	}
	for _, f := range r.Result.Findings {
		doc.Findings = append(doc.Findings, encodable(f))
	}
	for _, n := range r.Result.NotJudged {
		n.File, n.Check, n.Reason = validUTF8(n.File), validUTF8(n.Check), validUTF8(n.Reason)
		doc.NotJudged = append(doc.NotJudged, n)
	}
	for _, o := range r.Result.Opaque {
		o.File, o.What, o.Reason = validUTF8(o.File), validUTF8(o.What), validUTF8(o.Reason)
		doc.Opaque = append(doc.Opaque, o)
	}
	for _, n := range r.Result.NotRun {
		n.Check, n.Reason = validUTF8(n.Check), validUTF8(n.Reason)
		doc.NotRun = append(doc.NotRun, n)
	}
	return encodeJSON(doc)
}

// encodable returns f with every string valid UTF-8 and no list nil. encoding/json
// would put one replacement character for all broken bytes, so that two files
// could get one name.
func encodable(f checks.Finding) checks.Finding {
	for _, s := range []*string{&f.Check, &f.Message, &f.Fix, &f.File, &f.Field, &f.Environment, &f.Fingerprint,
		(*string)(&f.Category), &f.Object.APIVersion, &f.Object.Kind, &f.Object.Namespace, &f.Object.Name} {
		*s = validUTF8(*s)
	}
	f.Origins = append([]checks.Origin{}, f.Origins...)
	for i := range f.Origins {
		o := &f.Origins[i]
		o.File, o.What = validUTF8(o.File), validUTF8(o.What)
	}
	if w := f.Waived; w != nil {
		f.Waived = &checks.WaivedBy{Reason: validUTF8(w.Reason), Owner: validUTF8(w.Owner), Expires: validUTF8(w.Expires)}
	}
	return f
}

// encodeJSON writes indented JSON without HTML escaping, with a trailing newline,
// in which every character that cannot be seen is escaped, and whatever a build
// service would take for a command in its log.
func encodeJSON(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("report: %v", err)) // strings, numbers and lists of them always encode
	}
	// "##" stands in strings only.
	return replaceLogCommands(escapeUnseen(out.Bytes()), `##$1\u005b`)
}

// escapeUnseen writes what cannot be seen in JSON text as \uXXXX. encoding/json
// has escaped the control characters below U+0020; the rest only stands in
// strings.
func escapeUnseen(text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c > '~' }) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out = append(out, text[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// Schema returns the JSON Schema of the JSON report.
func Schema() []byte {
	severities := []string{checks.Error.String(), checks.Warning.String(), checks.Notice.String()}
	var categories []string
	for _, c := range checks.Categories() {
		categories = append(categories, string(c))
	}
	return schema.For(reflect.TypeFor[document](), schema.Options{
		ID:          "https://gatehouse.dev/schemas/report.v1.json",
		Title:       "Gatehouse report, version 1",
		Description: "What Gatehouse writes with -o json. Readers must ignore keys that they do not know.",
		Enums: map[reflect.Type][]string{
			reflect.TypeFor[checks.Severity](): severities,
			reflect.TypeFor[checks.Category](): categories,
			reflect.TypeFor[checks.Verdict]():  {string(checks.VerdictPass), string(checks.VerdictFail), string(checks.VerdictIncomplete)},
		},
		Docs: map[string]string{
			"Finding.check":        "the check that found it; `gatehouse explain CHECK` says why it matters",
			"Finding.message":      "what is wrong here, in one sentence",
			"Finding.fix":          "what to do about it, in Markdown",
			"Finding.file":         "path from the root of the repository; bytes that are no UTF-8 are written as \\xff",
			"Finding.line":         "counted from 1",
			"Finding.column":       "counted from 1, in UTF-16 units as editors count",
			"Finding.object":       "the Kubernetes object it is about; not there where it is about a file",
			"Finding.field":        "path in the object, as kubectl explain writes it, with [name=x] or [3] for list items",
			"Finding.environment":  "the configured environment of the file, or empty",
			"Finding.origins":      "the sources through which a rendered object came about",
			"Finding.fingerprint":  "identity that survives edits around it",
			"Finding.new":          "false for old debt, which does not block",
			"Finding.waived":       "who answers for it; only there where it is waived",
			"WaivedBy.expires":     "the last day of the waiver, YYYY-MM-DD; empty where the value was rotated, which does not end",
			"NotJudged.new":        "false for what could not be judged before either; only what is new makes the verdict incomplete",
			"Opaque.new":           "whether it is new against the base",
			"Counts.bytes":         "size of what was read",
			"Counts.rendered":      "objects that came out of rendering",
			"Counts.errors":        "neither waived nor old",
			"Counts.warnings":      "neither waived nor old",
			"Counts.notices":       "neither waived nor old",
			"FileCounts.found":     "the sum of the others",
			"DocumentCounts.found": "the sum of the others",
		},
	})
}
