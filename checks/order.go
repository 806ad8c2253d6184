package checks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// sortFindings puts findings in the one order of all reports: by place, then by
// what they say.
func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.File, b.File), cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Check, b.Check), compareStrings(a.Object.String(), b.Object.String(), a.Field, b.Field),
			strings.Compare(a.Message, b.Message))
	})
}

func compareFacts(a, b Fact) int {
	return cmp.Or(strings.Compare(a.Where.File, b.Where.File), cmp.Compare(a.Where.At.Line, b.Where.At.Line),
		cmp.Compare(a.Where.At.Column, b.Where.At.Column))
}

func compareAt(fileA, fileB string, lineA, lineB uint32, restA, restB string) int {
	return cmp.Or(strings.Compare(fileA, fileB), cmp.Compare(lineA, lineB), strings.Compare(restA, restB))
}

func compareStrings(a, b, thenA, thenB string) int {
	return cmp.Or(strings.Compare(a, b), strings.Compare(thenA, thenB))
}

// fingerprint gives every finding an identity that survives edits around it:
// repository, check, scope, object, field, the key inside the field's text, and a
// number where these are not enough. Never a line, a value or a commit. findings
// are sorted.
func (r *runner) fingerprint(findings []Finding, layout Layout) {
	seen := map[string]int{}
	for i := range findings {
		f := &findings[i]
		key := f.identity(layout, r.shown)
		seen[key]++
		sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
		f.Fingerprint = hex.EncodeToString(sum[:16])
		f.key = key
	}
}

// identity is what a fingerprint is made of. The group of an object counts and
// its version does not, so that moving to a newer API keeps it. shown cuts out the
// credentials in names of files, of which nothing is told, not even a hash.
func (f *Finding) identity(layout Layout, shown func(string) string) string {
	scope, object := f.File, ""
	if !f.Object.IsZero() {
		scope = layout.scope(f.File)
		object = strings.Join([]string{f.Object.Group(), f.Object.Kind, f.Object.Namespace, f.Object.Name}, "\x00")
	}
	parts := []string{layout.Repository, f.Check, scope, object, f.Field}
	if f.inner != "" {
		parts = append(parts, f.inner)
	}
	return shown(strings.Join(parts, "\x00"))
}

// markOld marks the findings that the old side has too, with the value that they
// cite unchanged. Each finding of the old side answers for one.
func markOld(findings, old []Finding) {
	type debt struct {
		key   string
		cites Plaintext
	}
	owed := map[debt]int{}
	for _, f := range old {
		owed[debt{f.key, f.cites}]++
	}
	for i := range findings {
		d := debt{findings[i].key, findings[i].cites}
		if owed[d] > 0 {
			owed[d]--
			findings[i].New = false
		}
	}
}
