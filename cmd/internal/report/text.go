package report

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// What text shows before it folds. A person reads a screen or two; -o json and
// Options.Verbose have the rest.
const (
	textFindings = 20 // findings that block, in all
	textPerCheck = 5  // of one check in one group
	textHeaps    = 8  // reasons, or checks, in one section
	textPlaces   = 3  // places of one reason or check
	digestRunes  = 20 // of a digest; the JSON report has all
)

const allIsInJSON = "-o json lists all"

// writeText writes for people: the result and what to do first, then what blocks,
// then what was left out, then the rest in counts.
func writeText(r Report, opt Options) []byte {
	t := &textWriter{r: r, opt: opt, parts: r.parts()}
	t.verdict()
	if r.Result.Verdict == checks.VerdictIncomplete {
		t.leftOut()
		t.blocking()
	} else {
		t.blocking()
		t.leftOut()
	}
	t.other()
	t.rest()
	return t.out.Bytes()
}

type textWriter struct {
	r     Report
	opt   Options
	parts parts
	out   bytes.Buffer
}

// The ANSI colours in use.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	bold   = "1"
	faint  = "2"
)

func (t *textWriter) paint(code, s string) string {
	if !t.opt.Color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// line writes one line. All lines pass here, so that none of them is a command to
// the build service that keeps the log.
func (t *textWriter) line(s string) {
	t.out.WriteString(logLine(strings.TrimRight(s, " ")))
	t.out.WriteByte('\n')
}

// wrapped writes text behind a head; what does not fit goes under the text. color
// is how head is painted; it takes no room.
func (t *textWriter) wrapped(head, color, text string) {
	indent := utf8.RuneCountInString(head)
	for i, line := range t.wrap(text, indent) {
		if i == 0 {
			t.line(t.paint(color, head) + line)
			continue
		}
		t.line(strings.Repeat(" ", indent) + line)
	}
}

// leastText is the room that text gets however narrow the terminal is.
const leastText = 24

// wrap breaks text at its own line ends and, between words, at the width.
func (t *textWriter) wrap(text string, indent int) []string {
	lines := strings.Split(text, "\n")
	if t.opt.Width <= 0 {
		return lines
	}
	width := max(t.opt.Width-indent, leastText)
	var out []string
	for _, line := range lines {
		if utf8.RuneCountInString(line) <= width {
			out = append(out, line)
			continue
		}
		out = append(out, breakWords(line, width)...)
	}
	return out
}

func breakWords(line string, width int) []string {
	var out []string
	var current strings.Builder
	used := 0
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	width -= len(indent)
	current.WriteString(indent)
	for _, word := range strings.Fields(line) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			out = append(out, current.String())
			current.Reset()
			current.WriteString(indent)
			used = 0
		}
		if used > 0 {
			current.WriteByte(' ')
			used++
		}
		current.WriteString(word)
		used += n
	}
	return append(out, current.String())
}

func (t *textWriter) verdict() {
	color := map[checks.Verdict]string{checks.VerdictPass: green, checks.VerdictFail: red, checks.VerdictIncomplete: yellow}
	verdict := string(t.r.Result.Verdict)
	t.wrapped(verdict, color[t.r.Result.Verdict], strings.TrimPrefix(t.r.verdictLine(), verdict))
	if step := t.r.nextStep(t.parts); step != "" {
		t.wrapped("", "", step)
	}
}

// section begins a part of the report with a heading, and "" around it.
func (t *textWriter) section(heading string) {
	t.line("")
	t.line(t.paint(bold, heading))
}

// blocking writes the findings that block, in groups.
func (t *textWriter) blocking() {
	t.grouped(t.parts.blocking, t.limit(textFindings))
}

// limit is n, or endless where everything is wanted.
func (t *textWriter) limit(n int) int {
	if t.opt.Verbose {
		return 1 << 30
	}
	return n
}

type group struct {
	title    string
	key      string
	findings []checks.Finding
}

// grouped writes findings in groups until limit of them are shown, and counts the
// rest by check.
func (t *textWriter) grouped(findings []checks.Finding, limit int) {
	var rest []checks.Finding
	cut := 0 // groups of which something is in rest
	for _, g := range t.groups(findings) {
		before := len(rest)
		for i, same := range byCheck(g.findings) {
			if limit <= 0 {
				rest = append(rest, same...)
				continue
			}
			if i == 0 {
				t.section(g.title)
			}
			limit -= t.sameCheck(same, limit)
		}
		if len(rest) > before {
			cut++
		}
	}
	if len(rest) > 0 {
		t.section(fmt.Sprintf("… and %s in %s; %s", plural(len(rest), "more finding"), t.groupWord(cut), allIsInJSON))
		t.counted(rest)
	}
}

func (t *textWriter) groupWord(n int) string {
	return plural(n, string(cmp.Or(t.opt.GroupBy, ByFile)))
}

func (t *textWriter) groups(findings []checks.Finding) []group {
	var groups []group
	index := map[string]int{}
	for _, f := range findings {
		key, title := t.groupOf(f)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, group{title: title, key: key})
		}
		groups[i].findings = append(groups[i].findings, f)
	}
	// The worst come first already; among equals the order of names is the one in
	// which people look, and nobody's own come last.
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.findings[0].Severity, a.findings[0].Severity),
			cmp.Compare(len(b.findings), len(a.findings))*boolInt(t.opt.GroupBy == ByCheck),
			cmp.Compare(boolInt(a.key == ""), boolInt(b.key == "")), strings.Compare(a.key, b.key))
	})
	return groups
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *textWriter) groupOf(f checks.Finding) (key, title string) {
	missing := ""
	switch t.opt.GroupBy {
	case ByCheck:
		title := f.Check
		if words := t.r.title(f.Check); words != "" {
			title += ": " + words
		}
		return f.Check, show(title, nameRunes)
	case ByOwner:
		missing = "no owner known"
		if t.opt.Owner != nil {
			key = t.opt.Owner(f.File)
		}
	case ByEnvironment:
		key, missing = f.Environment, "no environment"
	default:
		key, missing = f.File, "the whole tree"
	}
	if key == "" {
		return key, missing
	}
	return key, show(key, pathRunes)
}

// byCheck splits findings into runs of one check, each where its first stood.
func byCheck(findings []checks.Finding) [][]checks.Finding {
	var out [][]checks.Finding
	index := map[string]int{}
	for _, f := range findings {
		i, ok := index[f.Check]
		if !ok {
			i = len(out)
			index[f.Check] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// sameCheck writes at most limit findings of one check, with a fix that several
// share once behind the last of them, and returns how many.
func (t *textWriter) sameCheck(findings []checks.Finding, limit int) int {
	shown := findings[:min(len(findings), t.limit(textPerCheck), limit)]
	at := t.widestPlace(shown)
	indent := t.indent(at)
	for i, f := range shown {
		t.finding(f, at)
		if i == len(shown)-1 || shown[i+1].Fix != f.Fix {
			t.fix(indent, f.Fix)
		}
	}
	if left := len(findings) - len(shown); left > 0 {
		t.line(fmt.Sprintf("%s… and %d more of %s; %s", indent, left, show(findings[0].Check, nameRunes), allIsInJSON))
	}
	return len(shown)
}

func (t *textWriter) place(f checks.Finding) string {
	if t.byFile() {
		return fmt.Sprintf("%d:%d", f.Line, f.Column)
	}
	return fmt.Sprintf("%s:%d", placeOf(f.File, f.Line), f.Column)
}

func (t *textWriter) byFile() bool { return t.opt.GroupBy == "" || t.opt.GroupBy == ByFile }

// widestPlace is the room that places get beside each other; long paths take more
// than their share and push their own line only.
func (t *textWriter) widestPlace(findings []checks.Finding) int {
	const most = 40
	widest := 0
	for _, f := range findings {
		widest = max(widest, utf8.RuneCountInString(t.place(f)))
	}
	return min(widest, most)
}

// indent is what stands before the lines below a finding: the room of its place,
// or a little where the place is a whole path.
func (t *textWriter) indent(at int) string {
	if t.byFile() {
		return strings.Repeat(" ", 2+at+2)
	}
	return "      "
}

// finding writes one finding: where, how bad and what; then on what.
func (t *textWriter) finding(f checks.Finding, at int) {
	head := fmt.Sprintf("  %-*s  ", at, t.place(f))
	severity := fmt.Sprintf("%-7s  ", f.Severity)
	lines := t.wrap(show(f.Message, messageRunes), utf8.RuneCountInString(head+severity))
	t.line(head + t.paint(severityColor(f.Severity), severity) + lines[0])
	for _, line := range lines[1:] {
		t.line(strings.Repeat(" ", utf8.RuneCountInString(head+severity)) + line)
	}
	if about := t.about(f); about != "" {
		t.line(t.indent(at) + t.paint(faint, about))
	}
}

func severityColor(s checks.Severity) string {
	switch s {
	case checks.Error:
		return red
	case checks.Warning:
		return yellow
	}
	return blue
}

// about says which check found it, on which object and field, and where the
// object comes from. A waived finding says who answers for it.
func (t *textWriter) about(f checks.Finding) string {
	var words []string
	if t.opt.GroupBy != ByCheck {
		words = append(words, show(f.Check, nameRunes))
	}
	words = append(words, subject(f)...)
	for i, o := range f.Origins {
		if i == textPlaces {
			words = append(words, fmt.Sprintf("through %d more", len(f.Origins)-i))
			break
		}
		if o.File == f.File && o.Line == f.Line {
			continue // the message says which commit
		}
		words = append(words, "through "+placeOf(o.File, o.Line))
	}
	if w := f.Waived; w != nil {
		words = append(words, show(waivedBy(w)+": "+w.Reason, messageRunes))
	}
	return strings.Join(words, " · ")
}

func (t *textWriter) fix(indent, fix string) {
	if fix = showLines(fix, fixRunes); fix != "" {
		t.wrapped(indent+"fix: ", "", fix)
	}
}

// leftOut says what was not judged, and what lies outside the tree.
func (t *textWriter) leftOut() {
	if n := len(t.r.Result.NotJudged); n > 0 {
		t.section(plural(n, "place") + " not judged")
		t.heaps(t.r.notJudgedHeaps())
	}
	if n := len(t.r.Result.Opaque); n > 0 {
		t.section(plural(n, "place") + " outside the tree")
		t.heaps(t.r.opaqueHeaps())
	}
}

func (t *textWriter) heaps(heaps []heap) {
	places := textPlaces
	if t.opt.Verbose {
		places = -1
	}
	shown := min(len(heaps), t.limit(textHeaps))
	for _, h := range heaps[:shown] {
		t.wrapped(fmt.Sprintf("  %4d  ", len(h.places)), "", h.reason)
		t.wrapped("        ", "", h.list(places))
	}
	if left := len(heaps) - shown; left > 0 {
		t.line(fmt.Sprintf("        … for %s; %s", plural(left, "more reason"), allIsInJSON))
	}
}

// other writes what is new and does not block: by check, or one by one where
// everything is wanted.
func (t *textWriter) other() {
	if len(t.parts.other) == 0 {
		return
	}
	verb := " that do not block"
	if len(t.parts.other) == 1 {
		verb = " that does not block"
	}
	t.section(plural(len(t.parts.other), "finding") + verb)
	t.listed(t.parts.other)
}

// listed writes findings by check, or one by one where everything is wanted.
func (t *textWriter) listed(findings []checks.Finding) {
	if t.opt.Verbose {
		t.grouped(findings, t.limit(textFindings))
		return
	}
	t.counted(findings)
}

// counted counts findings by check, with the first places of each.
func (t *textWriter) counted(findings []checks.Finding) {
	type key struct {
		check    string
		severity checks.Severity
	}
	var order []key
	places, messages := map[key]*heap{}, map[key]string{}
	for _, f := range findings {
		k := key{f.Check, f.Severity}
		if places[k] == nil {
			order = append(order, k)
			places[k], messages[k] = &heap{}, f.Message
		}
		places[k].places = append(places[k].places, placeOf(f.File, f.Line))
	}
	slices.SortStableFunc(order, func(a, b key) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(len(places[b].places), len(places[a].places)))
	})
	for i, k := range order {
		if i == t.limit(textHeaps) {
			t.line(fmt.Sprintf("        … of %s; %s", plural(len(order)-i, "more check"), allIsInJSON))
			return
		}
		says := messages[k]
		if title := t.r.title(k.check); title != "" && len(places[k].places) > 1 {
			says = title
		}
		head := fmt.Sprintf("  %4d  %s ", len(places[k].places), k.severity)
		t.wrapped(head, severityColor(k.severity), show(k.check, nameRunes)+": "+show(says, messageRunes))
		t.wrapped("        ", "", places[k].list(textPlaces))
	}
}

// rest says what this gate cannot run, counts old debt and waivers, and names the
// rules.
func (t *textWriter) rest() {
	if list := t.r.notRunHeaps(); len(list) > 0 {
		t.section("Not run here, which does not change the result")
		t.heaps(list)
	}
	if t.opt.Verbose {
		t.verboseDebt("Old debt", t.parts.old)
		t.verboseDebt("Waived", t.parts.waived)
	}
	t.line("")
	if debt := t.r.debtLine(); debt != "" {
		t.wrapped("", "", debt)
	}
	rules := t.r.Rules
	if !t.opt.Verbose {
		rules = Rules{Bundle: clip(rules.Bundle, digestRunes), Local: clip(rules.Local, digestRunes)}
	}
	t.wrapped("", "", rulesLine(t.r.Tool, rules))
}

func (t *textWriter) verboseDebt(heading string, findings []checks.Finding) {
	if len(findings) > 0 {
		t.section(heading)
		t.listed(findings)
	}
}
