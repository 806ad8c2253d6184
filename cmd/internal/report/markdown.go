package report

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks"
)

const (
	summaryRows  = 50       // findings that block and stand in the open
	summaryFixes = 20       // fixes that stand below them
	summaryHeaps = 8        // reasons in one section
	summarySpare = 16 << 10 // kept free for headings, and for what closes the page
)

// writeMarkdown writes a page for a step summary or a comment: the verdict, a
// table of what blocks with what to do, what was not judged, and the rest folded.
// Where the page would be too large, rows are left out and counted.
func writeMarkdown(r Report) []byte { return markdownWithin(r, summaryBytes) }

func markdownWithin(r Report, size int) []byte {
	w := &markdownWriter{r: r, parts: r.parts(), size: size - summarySpare}
	w.verdict()
	first, more := w.parts.blocking, []checks.Finding(nil)
	if len(first) > summaryRows {
		first, more = first[:summaryRows], first[summaryRows:]
	}
	w.table(first)
	if len(w.parts.blocking) > 0 {
		w.say("\n### What to do\n\n")
		w.fixes(w.parts.blocking)
	}
	w.leftOut("not judged", len(r.Result.NotJudged), r.notJudgedHeaps())
	w.leftOut("outside the tree", len(r.Result.Opaque), r.opaqueHeaps())
	w.folded(plural(len(more), "more finding")+" that block", more)
	w.folded(plural(len(w.parts.other), "finding")+" that do not block", w.parts.other)
	w.notRun()
	w.close()
	return w.out.Bytes()
}

type markdownWriter struct {
	r     Report
	parts parts
	size  int // bytes of text that came from elsewhere; our own has the spare room
	out   bytes.Buffer
}

// put appends text where there is room for it, and tells whether there was.
func (w *markdownWriter) put(text string) bool {
	if w.out.Len()+len(text) > w.size {
		return false
	}
	w.out.WriteString(text)
	return true
}

func (w *markdownWriter) verdict() {
	w.put("## Gatehouse: " + markdown(string(w.r.Result.Verdict)) + "\n\n**" + markdown(w.r.verdictLine()) + "**\n")
	if step := w.r.nextStep(w.parts); step != "" {
		w.put("\n" + markdownSpans(step) + "\n")
	}
}

// say appends a short text of our own. Together these have the spare room.
func (w *markdownWriter) say(text string) { w.out.WriteString(text) }

// table writes a row for each finding, and counts those for which there is no
// room.
func (w *markdownWriter) table(findings []checks.Finding) {
	if len(findings) == 0 {
		return
	}
	w.say("\n| Severity | Where | Finding |\n| --- | --- | --- |\n")
	for i, f := range findings {
		if !w.put(w.row(f)) {
			w.say(fmt.Sprintf("| | | … and %s; the JSON report lists all |\n", plural(len(findings)-i, "more finding")))
			return
		}
	}
}

func (w *markdownWriter) row(f checks.Finding) string {
	about := markdownCode(show(f.Check, nameRunes)) + "<br>" + markdownSpans(show(f.Message, messageRunes))
	for i, s := range subject(f) {
		about += [...]string{"<br>", " "}[min(i, 1)] + markdownCode(s)
	}
	return fmt.Sprintf("| %s | %s | %s |\n", f.Severity, markdownCode(fmt.Sprintf("%s:%d", placeOf(f.File, f.Line), f.Column)), about)
}

// check names a check, with a link to its page where it is a known one.
func (w *markdownWriter) check(id string) string {
	name := markdownCode(show(id, nameRunes))
	page := w.r.page(id)
	if w.r.title(id) == "" || page == "" {
		return name
	}
	return `<a href="` + html.EscapeString(page) + `">` + name + "</a>"
}

// fixes writes every fix once, with the number of findings that it mends, and
// where to read more.
func (w *markdownWriter) fixes(findings []checks.Finding) {
	type key struct{ check, fix string }
	var order []key
	number := map[key]int{}
	for _, f := range findings {
		k := key{f.Check, strings.TrimSpace(f.Fix)}
		if number[k]++; number[k] == 1 && k.fix != "" {
			order = append(order, k)
		}
	}
	for i, k := range order {
		item := fmt.Sprintf("- %s (%d): %s\n", w.check(k.check), number[k], markdownSpans(showLines(k.fix, fixRunes)))
		if i == summaryFixes || !w.put(item) {
			w.say(fmt.Sprintf("- … and %d more; the JSON report lists all\n", len(order)-i))
			return
		}
	}
}

// leftOut writes why something was not judged, and where.
func (w *markdownWriter) leftOut(what string, n int, heaps []heap) {
	if n == 0 {
		return
	}
	w.say("\n### " + plural(n, "place") + " " + what + "\n\n")
	w.heaps(heaps)
}

func (w *markdownWriter) heaps(heaps []heap) {
	for i, h := range heaps {
		item := fmt.Sprintf("- %d × %s: %s\n", len(h.places), markdownSpans(h.reason), markdownCode(h.list(textPlaces)))
		if i == summaryHeaps || !w.put(item) {
			w.say("- … for " + plural(len(heaps)-i, "more reason") + "; the JSON report lists all\n")
			return
		}
	}
}

// folded writes findings that are only seen when asked for.
func (w *markdownWriter) folded(title string, findings []checks.Finding) {
	if len(findings) == 0 {
		return
	}
	w.say("\n<details><summary>" + title + "</summary>\n\n")
	w.fixes(findings)
	w.table(findings)
	w.say("\n</details>\n")
}

func (w *markdownWriter) notRun() {
	heaps := w.r.notRunHeaps()
	if len(heaps) == 0 {
		return
	}
	w.say("\n<details><summary>Not run here, which does not change the result</summary>\n\n")
	w.heaps(heaps)
	w.say("\n</details>\n")
}

// close writes the counts and the rules.
func (w *markdownWriter) close() {
	if debt := w.r.debtLine(); debt != "" {
		w.say("\n" + markdown(clip(debt, 2*nameRunes)) + "\n")
	}
	w.say("\n<sub>" + markdown(rulesLine(w.r.Tool, w.r.Rules)) + "</sub>\n")
}

// markdown writes text so that no character of it means anything in Markdown or
// HTML (CommonMark 0.31, section 2.5: entities are never structure), that it makes
// no link, and that it calls nobody by @.
func markdown(s string) string {
	var out strings.Builder
	word := false // whether a letter or digit stands before
	for i, r := range s {
		switch {
		case r == '\n':
			out.WriteString("<br>")
		case r == '@' && !word:
			// A mention is found after entities are resolved, so something must stand
			// behind the sign: a blank without width.
			out.WriteString("&#64;&#8203;")
		case strings.ContainsRune("\\`*_[]<>#+|~&$", r), r == ':' && !strings.HasPrefix(s[i+1:], " "):
			fmt.Fprintf(&out, "&#%d;", r)
		default:
			out.WriteRune(r)
		}
		word = unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return strings.ReplaceAll(out.String(), "www.", "www&#46;")
}

// markdownCode writes text in the type of code.
func markdownCode(s string) string { return "<code>" + markdown(s) + "</code>" }

// markdownSpans is markdown for a text of our own kind, where what stands between
// backticks is code.
func markdownSpans(s string) string {
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 { // an odd backtick is one
		last := len(parts) - 1
		parts = append(parts[:last-1], parts[last-1]+"`"+parts[last])
	}
	var out strings.Builder
	for i, part := range parts {
		switch {
		case i%2 == 0:
			out.WriteString(markdown(part))
		case part != "":
			out.WriteString(markdownCode(part))
		}
	}
	return out.String()
}
