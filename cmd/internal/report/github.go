package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// writeGitHub writes workflow commands, which a runner turns into annotations:
// new findings, and what could not be judged, worst first. Of each level it writes
// no more than a step shows; the last of them counts the rest. Old debt and waived
// findings are counted in the line with the verdict, which is no command.
func writeGitHub(r Report) []byte {
	levels := map[checks.Severity][]annotation{}
	p := r.parts()
	for _, list := range [][]checks.Finding{p.blocking, p.other} {
		for _, f := range list {
			levels[f.Severity] = append(levels[f.Severity], findingAnnotation(f))
		}
	}
	for _, n := range r.Result.NotJudged {
		if n.New {
			levels[checks.Error] = append(levels[checks.Error], notJudgedAnnotation(n))
		}
	}
	for _, o := range r.Result.Opaque {
		if r.makesIncomplete(o) {
			levels[checks.Error] = append(levels[checks.Error], opaqueAnnotation(o))
		}
	}
	var out bytes.Buffer
	out.WriteString(logLine(r.verdictLine()) + "\n")
	if debt := r.debtLine(); debt != "" {
		out.WriteString(logLine(debt) + "\n")
	}
	for _, level := range []checks.Severity{checks.Error, checks.Warning, checks.Notice} {
		for _, a := range withinLimit(levels[level]) {
			a.write(&out, level)
		}
	}
	return out.Bytes()
}

// annotation is one workflow command, not yet escaped.
type annotation struct {
	file               string
	line, col, endLine uint32
	title, message     string
}

func findingAnnotation(f checks.Finding) annotation {
	lines := []string{show(f.Message, messageRunes)}
	if about := strings.Join(subject(f), ", "); about != "" {
		lines = append(lines, about)
	}
	if fix := showLines(f.Fix, fixRunes); fix != "" {
		lines = append(lines, "fix: "+fix)
	}
	return annotation{
		file: f.File, line: f.Line, col: f.Column, endLine: f.EndLine,
		title: f.Check, message: strings.Join(lines, "\n"),
	}
}

func notJudgedAnnotation(n checks.NotJudged) annotation {
	title := "not judged"
	if n.Check != "" {
		title += " by " + n.Check
	}
	return annotation{file: n.File, line: n.Line, title: title, message: show(n.Reason, messageRunes)}
}

func opaqueAnnotation(o checks.Opaque) annotation {
	return annotation{
		file: o.File, line: o.Line, title: "not judged: outside the tree",
		message: show(o.What+": "+o.Reason, messageRunes),
	}
}

// withinLimit keeps as many annotations of one level as a step shows.
func withinLimit(list []annotation) []annotation {
	if len(list) <= githubPerLevel {
		return list
	}
	kept := githubPerLevel - 1
	more := annotation{title: "more", message: fmt.Sprintf("+%d more: see the summary", len(list)-kept)}
	return append(list[:kept:kept], more)
}

// write writes one command (docs.github.com, workflow commands: setting an error
// message). A file that is given without a line is shown nowhere but in the list
// of annotations.
func (a annotation) write(out *bytes.Buffer, level checks.Severity) {
	var properties []string
	set := func(key, value string) {
		properties = append(properties, key+"="+commandProperty(value))
	}
	number := func(key string, n uint32) {
		if n > 0 {
			set(key, strconv.FormatUint(uint64(n), 10))
		}
	}
	if a.file != "" {
		set("file", show(a.file, longestPath))
		number("line", max(a.line, 1))
		number("endLine", a.endLine)
		number("col", a.col)
	}
	set("title", show(a.title, githubTitleRunes))
	fmt.Fprintf(out, "::%s %s::%s\n", level, strings.Join(properties, ","), commandData(clip(a.message, githubMessageRunes)))
}

// commandData escapes the text of a command as actions/toolkit does
// (packages/core/src/command.ts).
func commandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes a property of a command.
func commandProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
