package report

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// What a page lists; the rest is counted. One of tens of thousands of rows, or of tens
// of megabytes, is one that no browser scrolls.
const (
	pageFindings = 5_000
	pageBytes    = 16 << 20
)

// Coverage is who owns what, for a page.
type Coverage struct {
	File   string // the CODEOWNERS file; "" for none
	Host   string // as which it is read
	Tables []CoverageTable
}

// CoverageTable counts files by what CODEOWNERS makes of them.
type CoverageTable struct {
	Title string
	Rows  []CoverageRow
}

// CoverageRow is one environment or folder.
type CoverageRow struct {
	Name                                       string
	Files, Owned, Fallback, Cleared, Unmatched int
	Note                                       string // what else is wrong, or ""
}

// writeHTML writes one page that holds all it needs: no script, nothing from
// elsewhere, and no text of a file that could be either.
func writeHTML(r Report) []byte {
	w := &pageWriter{}
	w.begin("Gatehouse: " + string(r.Result.Verdict))
	w.verdict(r)
	parts := r.parts()
	w.findings(r, "What blocks", parts.blocking, true)
	w.heaps("Not judged", len(r.Result.NotJudged), r.notJudgedHeaps())
	w.heaps("Outside of the tree", len(r.Result.Opaque), r.opaqueHeaps())
	w.findings(r, "What does not block", parts.other, len(parts.blocking) == 0)
	w.findings(r, "Old debt", parts.old, false)
	if r.Coverage != nil {
		w.coverage(*r.Coverage)
	}
	w.heaps("Not run here, which does not change the result", len(r.notRunHeaps()), r.notRunHeaps())
	if debt := r.debtLine(); debt != "" {
		w.put("<p>%s</p>\n", clip(debt, 2*nameRunes))
	}
	w.end(rulesLine(r.Tool, r.Rules))
	return w.bytes()
}

// CoveragePage writes a page that says who owns what and nothing else.
func CoveragePage(c Coverage, tool Tool) []byte {
	w := &pageWriter{}
	w.begin("Who owns what")
	w.put("<h1>Who owns what</h1>\n")
	w.coverage(c)
	w.end(rulesLine(tool, Rules{}))
	return w.bytes()
}

// pageWriter writes HTML. All text but that of the format itself is escaped.
type pageWriter struct{ out bytes.Buffer }

func (w *pageWriter) put(format string, texts ...any) {
	escaped := make([]any, len(texts))
	for i, t := range texts {
		switch t := t.(type) {
		case int:
			escaped[i] = t
		case markup:
			escaped[i] = string(t)
		default:
			escaped[i] = html.EscapeString(visible(validUTF8(fmt.Sprint(t))))
		}
	}
	fmt.Fprintf(&w.out, format, escaped...)
}

// bytes is the page, which is no command to a build service that logs it.
func (w *pageWriter) bytes() []byte { return replaceLogCommands(w.out.Bytes(), "##$1&#91;") }

// markup is text that is HTML already.
type markup string

// pageStyle is all that the page is dressed with; the policy lets nothing else in.
const pageStyle = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;background:#fff}` +
	`h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}` +
	`th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d5dae0;overflow-wrap:anywhere}` +
	`th{font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}code{font:13px ui-monospace,monospace}` +
	`.pass{color:#116329}.fail,.error{color:#a40e26}.incomplete,.warning{color:#7d4e00}.notice{color:#4b5563}summary{cursor:pointer}` +
	`.bad{color:#a40e26;font-weight:600}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}` +
	`th,td{border-color:#30363d}.pass{color:#3fb950}.fail,.error,.bad{color:#ff7b72}.incomplete,.warning{color:#d29922}.notice{color:#9da7b3}a{color:#58a6ff}}`

func (w *pageWriter) begin(title string) {
	w.out.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	w.put("<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", title, markup(pageStyle))
}

func (w *pageWriter) end(line string) { w.put("<p><small>%s</small></p>\n</body>\n</html>\n", line) }

func (w *pageWriter) verdict(r Report) {
	verdict := string(r.Result.Verdict)
	w.put("<h1>Gatehouse: <span class=\"%s\">%s</span></h1>\n<p><strong>%s</strong></p>\n", verdict, verdict, r.verdictLine())
	if step := r.nextStep(r.parts()); step != "" {
		w.put("<p>%s</p>\n", spans(step))
	}
	if r.Commit != "" || r.Base != "" {
		w.put("<p>")
		if r.Commit != "" {
			w.put("commit <code>%s</code> ", show(r.Commit, nameRunes))
		}
		if r.Base != "" {
			w.put("against <code>%s</code>", show(r.Base, nameRunes))
		}
		w.put("</p>\n")
	}
	c := r.Result.Counts
	w.put("<table>\n<tr><th>files</th><th>documents</th><th>objects</th><th>errors</th><th>warnings</th><th>notices</th><th>old</th><th>waived</th></tr>\n"+
		"<tr><td>%d of %d judged</td><td>%d of %d judged</td><td>%d</td><td>%d</td><td>%d</td><td>%d</td><td>%d</td><td>%d</td></tr>\n</table>\n",
		c.Files.Judged, c.Files.Found, c.Documents.Judged, c.Documents.Found, c.Objects, c.Errors, c.Warnings, c.Notices, c.Old, c.Waived)
}

// findings writes a table, folded unless it is open.
func (w *pageWriter) findings(r Report, title string, list []checks.Finding, open bool) {
	if len(list) == 0 {
		return
	}
	state := markup("")
	if open {
		state = " open"
	}
	w.put("<details%s><summary><h2 style=\"display:inline\">%s: %s</h2></summary>\n<table>\n"+
		"<tr><th>severity</th><th>where</th><th>finding</th><th>what to do</th></tr>\n", state, title, plural(len(list), "finding"))
	for i, f := range list {
		if i == pageFindings || w.out.Len() > pageBytes {
			w.put("<tr><td colspan=\"4\">… and %s; the JSON report lists all</td></tr>\n", plural(len(list)-i, "more finding"))
			break
		}
		w.finding(r, f)
	}
	w.put("</table>\n</details>\n")
}

func (w *pageWriter) finding(r Report, f checks.Finding) {
	w.put("<tr><td class=\"%s\">%s</td><td><code>%s:%d</code></td><td>%s<br>", f.Severity, f.Severity, placeOf(f.File, f.Line), int(f.Column), spans(show(f.Message, messageRunes)))
	if page := r.page(f.Check); page != "" && r.title(f.Check) != "" {
		w.put("<a href=\"%s\"><code>%s</code></a>", page, show(f.Check, nameRunes))
	} else {
		w.put("<code>%s</code>", show(f.Check, nameRunes))
	}
	for _, s := range subject(f) {
		w.put(" · <code>%s</code>", s)
	}
	w.put("</td><td>%s</td></tr>\n", spans(show(f.Fix, fixRunes)))
}

func (w *pageWriter) heaps(title string, n int, list []heap) {
	if n == 0 {
		return
	}
	w.put("<details><summary><h2 style=\"display:inline\">%s: %d</h2></summary>\n<ul>\n", title, n)
	for _, h := range list {
		w.put("<li>%d × %s: <code>%s</code></li>\n", len(h.places), h.reason, h.list(textPlaces))
	}
	w.put("</ul>\n</details>\n")
}

// coverage writes who owns what, the worst first as it comes.
func (w *pageWriter) coverage(c Coverage) {
	w.put("<h2>Who owns what</h2>\n")
	if c.File == "" {
		w.put("<p>%s reads no CODEOWNERS file here: nobody owns anything.</p>\n", c.Host)
		return
	}
	w.put("<p><code>%s</code>, as %s reads it</p>\n", show(c.File, pathRunes), c.Host)
	for _, table := range c.Tables {
		w.put("<table>\n<tr><th>%s</th><th class=\"n\">files</th><th class=\"n\">owned</th><th class=\"n\">only by the fallback</th><th class=\"n\">taken away</th>"+
			"<th class=\"n\">by nobody</th><th></th></tr>\n", table.Title)
		for i, row := range table.Rows {
			if i == pageFindings || w.out.Len() > pageBytes {
				w.put("<tr><td colspan=\"7\">… and %d more; the JSON answer lists all</td></tr>\n", len(table.Rows)-i)
				break
			}
			w.put("<tr><td><code>%s</code></td><td class=\"n\">%d</td><td class=\"n\">%d</td>%s%s%s<td>%s</td></tr>\n",
				show(row.Name, pathRunes), row.Files, row.Owned, bad(row.Fallback), bad(row.Cleared), bad(row.Unmatched), show(row.Note, messageRunes))
		}
		w.put("</table>\n")
	}
}

// bad is a cell with a number that should be 0.
func bad(n int) markup {
	if n == 0 {
		return `<td class="n">0</td>`
	}
	return markup(fmt.Sprintf(`<td class="n bad">%d</td>`, n))
}

// spans is text where what stands between backticks is code.
func spans(s string) markup {
	parts := strings.Split(visible(validUTF8(s)), "`")
	var out strings.Builder
	for i, part := range parts {
		text := html.EscapeString(part)
		switch {
		case i%2 == 0:
			out.WriteString(text)
		case i == len(parts)-1: // an odd backtick is one
			out.WriteString("`" + text)
		default:
			out.WriteString("<code>" + text + "</code>")
		}
	}
	return markup(out.String())
}
