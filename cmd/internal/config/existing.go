package config

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Skipped is a finding for which Existing makes no waiver, and why.
type Skipped struct {
	Finding checks.Finding
	Reason  string
}

// Existing makes a waiver for each finding of a result that is not waived, new or
// old, in the order of the findings: by object and field, with the file where the
// result has the same in several files; by path where the finding is on no object.
// Findings that one waiver accepts get one.
//
// Findings on secrets that weigh more than a notice are skipped, whatever gave
// them their weight: each leaked credential is waived by itself, with ForFinding.
// So are findings that cannot be waived.
func Existing(result checks.Result, owner, reason string, expires time.Time) ([]checks.Waiver, []Skipped) {
	var waivers []checks.Waiver
	var skipped []Skipped
	files := filesBySubject(result.Findings)
	done := map[made]bool{}
	for _, f := range result.Findings {
		if f.Waived != nil {
			continue
		}
		if f.Category == checks.Secrets && f.Severity > checks.Notice {
			skipped = append(skipped, Skipped{f, "a leaked credential is waived by itself"})
			continue
		}
		file := ""
		if len(files[subjectOf(f)]) > 1 || f.Object.IsZero() {
			file = f.File
		}
		key := madeFor(f, file)
		if done[key] {
			continue
		}
		w, err := ForFinding(f, owner, reason, expires)
		if err != nil {
			skipped = append(skipped, Skipped{f, err.Error()})
			continue
		}
		done[key] = true
		w.File = cmp.Or(w.File, file)
		waivers = append(waivers, w)
	}
	return waivers, skipped
}

// subject is what a waiver names, without the file.
type subject struct {
	check  string
	object manifest.Object
	field  string
}

func subjectOf(f checks.Finding) subject { return subject{f.Check, f.Object, f.Field} }

// made is the waiver of a finding: what it names and, of a secret, its value.
type made struct {
	subject
	file  string
	cites checks.Plaintext
}

func madeFor(f checks.Finding, file string) made {
	m := made{subject: subjectOf(f), file: file}
	if f.Category == checks.Secrets {
		m.cites = f.Cites()
	}
	return m
}

// filesBySubject gives the files in which each subject has findings.
func filesBySubject(findings []checks.Finding) map[subject]map[string]bool {
	files := map[subject]map[string]bool{}
	for _, f := range findings {
		s := subjectOf(f)
		if files[s] == nil {
			files[s] = map[string]bool{}
		}
		files[s][f.File] = true
	}
	return files
}

// ForFinding makes the waiver that accepts one finding: by its object and field,
// or by its path where it is on no object. The waiver of a secret carries a fresh
// digest of the value that the finding cites. expires is the last day on which it
// holds; only its date counts, in UTC.
//
// The error says why the finding cannot be waived: it is one of trust, it names
// nothing exact, or it is on a secret and cites no value.
func ForFinding(f checks.Finding, owner, reason string, expires time.Time) (checks.Waiver, error) {
	return forFinding(f, checks.Waiver{Reason: reason, Owner: owner, Expires: dayOf(expires)})
}

// ForRotation makes the entry that answers a finding on a secret for good: its value
// was rotated by somebody on a day. It is as ForFinding; reason and owner may be "".
func ForRotation(f checks.Finding, rotated checks.Rotation, owner, reason string) (checks.Waiver, error) {
	if f.Category != checks.Secrets {
		return checks.Waiver{}, errors.New("the finding is on no secret, so there is nothing to rotate")
	}
	rotated.On = dayOf(rotated.On)
	return forFinding(f, checks.Waiver{Reason: reason, Owner: owner, Rotated: rotated})
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// forFinding completes a waiver by what it waives.
func forFinding(f checks.Finding, w checks.Waiver) (checks.Waiver, error) {
	w.Check, w.Object, w.Field = f.Check, f.Object, f.Field
	if f.Object.IsZero() || f.Object.Name == "" {
		w.File = f.File
	}
	switch {
	case w.Object.IsZero() && w.File == "":
		return checks.Waiver{}, errors.New("the finding is on no object and in no file")
	case f.Category == checks.Secrets && f.Cites().IsZero():
		return checks.Waiver{}, errors.New("the finding names no value to which a waiver could be bound")
	case f.Category == checks.Secrets:
		w.Value = checks.DigestValue(f.Cites())
	}
	if err := firstFault(entryOf(w), f.Category); err != nil {
		return checks.Waiver{}, fmt.Errorf("no waiver can be written for this finding: %w", err)
	}
	return w, nil
}
