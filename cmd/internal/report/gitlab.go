package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// codeQuality is one entry of a code quality report
// (docs.gitlab.com/ci/testing/code_quality, code quality report format).
type codeQuality struct {
	Description string              `json:"description"`
	CheckName   string              `json:"check_name"`
	Fingerprint string              `json:"fingerprint"`
	Severity    string              `json:"severity"`
	Location    codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin uint32 `json:"begin"`
}

// The severities of GitLab.
const (
	gitlabBlocker  = "blocker"
	gitlabCritical = "critical"
	gitlabMajor    = "major"
	gitlabInfo     = "info"
)

// writeGitLab writes a code quality report: findings that are not waived, and what
// could not be judged, worst first. Old debt is in it, because GitLab itself
// compares the reports of two branches by fingerprint.
func writeGitLab(r Report) []byte { return gitlabWithin(r, gitlabBytes) }

func gitlabWithin(r Report, size int) []byte {
	list := qualityList{room: size - qualitySpare, seen: map[string]int{}, entries: []codeQuality{}}
	for _, f := range r.parts().unwaived() {
		list.add(codeQuality{
			Description: qualityText(f),
			CheckName:   show(f.Check, nameRunes),
			Fingerprint: show(f.Fingerprint, nameRunes),
			Severity:    qualitySeverity(f),
			Location:    qualityAt(f.File, f.Line),
		})
	}
	for _, n := range r.Result.NotJudged {
		list.add(notJudgedQuality("not judged: "+n.Reason, n.File, n.Line, n.Check, n.New))
	}
	for _, o := range r.Result.Opaque {
		list.add(notJudgedQuality("outside the tree, not judged: "+o.What+": "+o.Reason, o.File, o.Line, "", r.makesIncomplete(o)))
	}
	return encodeJSON(list.finished())
}

func qualityText(f checks.Finding) string {
	text := cmp.Or(show(f.Message, messageRunes), show(f.Check, nameRunes), "finding")
	for _, about := range subject(f) {
		text += " · " + about
	}
	return text
}

func qualitySeverity(f checks.Finding) string {
	switch {
	case f.Severity == checks.Error && f.Category == checks.Secrets:
		return gitlabBlocker
	case f.Severity == checks.Error:
		return gitlabCritical
	case f.Severity == checks.Warning:
		return gitlabMajor
	}
	return gitlabInfo
}

func qualityAt(file string, line uint32) codeQualityLocation {
	return codeQualityLocation{Path: cmp.Or(clip(validUTF8(clip(file, longestPath+1)), longestPath), "."), Lines: codeQualityLines{max(line, 1)}}
}

// notJudgedQuality is an entry for what was not judged. Its fingerprint is made of
// the place without the line, so that an edit above does not make it new.
func notJudgedQuality(reason, file string, line uint32, check string, counts bool) codeQuality {
	severity := gitlabInfo
	if counts {
		severity = gitlabCritical
	}
	return codeQuality{
		Description: show(reason, messageRunes),
		CheckName:   cmp.Or(show(check, nameRunes), "not-judged"),
		Fingerprint: digest("not judged", file, check, reason),
		Severity:    severity,
		Location:    qualityAt(file, line),
	}
}

func digest(words ...string) string {
	h := sha256.New()
	for _, word := range words {
		fmt.Fprintf(h, "%d:%s", len(word), word)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// qualityList collects entries: no two of one fingerprint, because GitLab shows
// only the first, and no more than GitLab takes.
type qualityList struct {
	entries []codeQuality
	seen    map[string]int
	room    int // bytes that still fit
	left    int // entries that did not
}

// qualitySpare is kept free for the entry that counts what was left out.
const qualitySpare = 1 << 10

func (l *qualityList) add(e codeQuality) {
	if l.seen[e.Fingerprint]++; l.seen[e.Fingerprint] > 1 || e.Fingerprint == "" {
		e.Fingerprint = digest(e.Fingerprint, e.CheckName, e.Location.Path, strconv.Itoa(l.seen[e.Fingerprint]))
	}
	entry := encodeJSON(e)
	size := len(entry) + 2*bytes.Count(entry, []byte("\n")) + 1 // indented, with a comma
	if size > l.room {
		l.left++
		return
	}
	l.room -= size
	l.entries = append(l.entries, e)
}

func (l *qualityList) finished() []codeQuality {
	if l.left == 0 {
		return l.entries
	}
	return append(l.entries, codeQuality{
		Description: fmt.Sprintf("%s left out to stay within what GitLab takes; the JSON report lists all", plural(l.left, "more finding")),
		CheckName:   "report-cut",
		Fingerprint: digest("report cut"),
		Severity:    gitlabCritical,
		Location:    qualityAt("", 1),
	})
}
