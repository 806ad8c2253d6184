package admission

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// Answer is what a Judge says to one request.
type Answer struct {
	// Response goes to the API server. It holds no secret value.
	Response *admissionv1.AdmissionResponse
	// Verdict is that of the request, whatever the mode makes of it: one of those of
	// package checks, or NotRun.
	Verdict  checks.Verdict
	Findings []checks.Finding
	// Reasons say why there is no verdict, or not one on everything.
	Reasons []string
	// Writer is the built-in writer inside whose contract the write is, or "".
	Writer string
}

// Review judges one request and answers it as the mode says. Where ctx ends before
// the request is judged, the answer is the one for what could not be judged.
func (j *Judge) Review(ctx context.Context, req *admissionv1.AdmissionRequest) Answer {
	return j.answer(req.UID, subjectOf(req), j.judge(ctx, req))
}

// answer makes of a judgement what the mode says.
func (j *Judge) answer(uid types.UID, about subject, out judgement) Answer {
	denied := j.denies(out)
	if out.prefix != "" {
		about.name = out.prefix + "*"
	}
	response := &admissionv1.AdmissionResponse{UID: uid, Allowed: !denied, AuditAnnotations: j.annotations(out)}
	w := words{judge: j, about: about, out: out, denied: denied}
	if denied {
		response.Result = refusal(out, w.message())
	}
	if j.settings.Mode != Observe || out.warn {
		response.Warnings = w.warnings()
	}
	return Answer{Response: response, Verdict: out.verdict, Findings: out.findings, Reasons: out.reasons, Writer: out.writer.profile}
}

func (j *Judge) denies(out judgement) bool {
	if j.settings.Mode != Enforce {
		return false
	}
	return out.verdict == checks.VerdictFail || out.verdict == checks.VerdictIncomplete && !out.old && !j.settings.AllowIncomplete
}

// refusal is the status of a denied request. The API server passes code, reason
// and delay on to the client (k8s.io/apiserver, ToStatusErr), and clients try again
// by themselves where they are told when.
func refusal(out judgement, message string) *metav1.Status {
	status := &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: message}
	switch {
	case out.verdict == checks.VerdictFail:
	case out.retry:
		status.Code, status.Reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
		status.Details = &metav1.StatusDetails{RetryAfterSeconds: 1}
	default:
		status.Reason = metav1.StatusReasonInvalid
	}
	return status
}

// annotations go to the audit log of the API server, which puts the name of the
// webhook and a slash before each key: a key with a slash would be dropped.
func (j *Judge) annotations(out judgement) map[string]string {
	a := map[string]string{"verdict": string(out.verdict), "rules": cmp.Or(j.settings.Bundle, j.settings.Local)}
	var ids []string
	for _, f := range out.findings {
		if f.Waived == nil {
			ids = append(ids, f.Check)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 0 {
		a["findings"] = strings.Join(ids, ",")
	}
	if out.writer.profile != "" {
		a["writer"] = out.writer.profile
	}
	return a
}

// digestRunes is how much of a digest tells rules apart for people.
const digestRunes = 12

// rules names what judged, for people.
func (j *Judge) rules() string {
	digest := cmp.Or(j.settings.Bundle, j.settings.Local)
	if digest == "" {
		return "gatehouse"
	}
	digest = strings.TrimPrefix(digest, "sha256:")
	return "gatehouse, rules " + digest[:min(len(digest), digestRunes)]
}

// words writes an answer for people.
type words struct {
	judge  *Judge
	about  subject
	out    judgement
	denied bool
}

func (w words) blocks(f checks.Finding) bool { return blocks(f, w.judge.settings.FailOn) }

// shown are the findings that are told of, those that matter most first.
func (w words) shown(keep func(checks.Finding) bool) []checks.Finding {
	var list []checks.Finding
	for _, f := range w.out.findings {
		if f.Waived == nil && keep(f) {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b checks.Finding) int {
		return cmp.Or(ranked(w.blocks(b), w.blocks(a)), ranked(b.New, a.New), cmp.Compare(b.Severity, a.Severity))
	})
	return list
}

func ranked(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// name is what the request is about, as the beginning of a sentence.
func (w words) name() string {
	if name := w.about.String(); name != "" {
		return name
	}
	return "The request"
}

// message is what a refusal says: everything that blocks, with its fix once.
func (w words) message() string {
	blocking := w.shown(w.blocks)
	var m message
	if len(blocking) > 0 {
		m.add("%s is refused for %s (%s).", w.name(), plural(len(blocking), "finding"), w.judge.rules())
	}
	for i, f := range blocking {
		lines := []string{f.Check + ": " + placed(f) + f.Message}
		if i == len(blocking)-1 || blocking[i+1].Fix != f.Fix {
			lines = append(lines, "  fix: "+f.Fix)
		}
		if !m.fits(lines) {
			m.add("%s more.", plural(len(blocking)-i, "finding"))
			break
		}
		for _, line := range lines {
			m.add("%s", line)
		}
	}
	for _, reason := range w.out.reasons {
		m.add("%s could not be judged: %s (%s).", w.name(), reason, w.judge.rules())
	}
	if w.out.writer.misuse != "" && len(blocking) > 0 {
		m.add("%s.", w.out.writer.misuse)
	}
	return m.String()
}

// placed says where in the object a finding is, and in a Helm release of which
// object and from which template.
func placed(f checks.Finding) string {
	field := f.Field
	if field != "" {
		field += ": "
	}
	if len(f.Origins) == 0 {
		return field
	}
	from := f.Origins[len(f.Origins)-1]
	template := from.What
	if from.File != "" {
		template = from.File + " in " + template
	}
	if f.Object.IsZero() {
		return "(" + template + "): " + field
	}
	return f.Object.String() + " (" + template + "): " + field
}

// message is lines of text up to a limit.
type message struct{ lines []string }

func (m *message) add(format string, args ...any) {
	m.lines = append(m.lines, shown(fmt.Sprintf(format, args...), messageBytes/4))
}

// fits tells whether there is room for more lines, and for the last ones.
func (m *message) fits(more []string) bool {
	size := 0
	for _, line := range append(slices.Clip(m.lines), more...) {
		size += len(line) + 1
	}
	return size < messageBytes*3/4
}

func (m *message) String() string {
	text := strings.Join(m.lines, "\n")
	if len(text) <= messageBytes {
		return text
	}
	return strings.ToValidUTF8(text[:messageBytes-len("…")], "") + "…"
}

// warnings are what kubectl shows of a request whether it is denied or not: a
// summary, then each finding that the message of a refusal does not name, then the
// fix of each.
func (w words) warnings() []string {
	findings := w.shown(func(f checks.Finding) bool { return !w.denied || !w.blocks(f) })
	tellReasons := !w.denied && len(w.out.reasons) > 0 && w.out.verdict != NotRun
	if len(findings) == 0 && !tellReasons {
		return nil
	}
	list := warnings{}
	list.add(w.summary(findings))
	if tellReasons {
		for _, reason := range w.out.reasons {
			list.add("could not be judged: " + reason)
		}
	}
	if w.out.writer.misuse != "" && !w.denied && slices.ContainsFunc(findings, w.blocks) {
		list.add(w.out.writer.misuse)
	}
	fixes := []string{}
	for _, f := range findings {
		list.add(f.Check + ": " + placed(f) + f.Message + former(f))
		if fix := "fix for " + f.Check + ": " + f.Fix; !slices.Contains(fixes, fix) {
			fixes = append(fixes, fix)
		}
	}
	for _, fix := range fixes {
		list.add(fix)
	}
	return list.texts
}

func former(f checks.Finding) string {
	if f.New {
		return ""
	}
	return " (as before)"
}

func (w words) summary(findings []checks.Finding) string {
	blocking := 0
	for _, f := range findings {
		if w.blocks(f) {
			blocking++
		}
	}
	count := plural(len(findings), "finding")
	switch {
	case blocking > 0 && blocking == len(findings):
		count += fmt.Sprintf(", refused in mode %s", Enforce)
	case blocking > 0:
		count += fmt.Sprintf(", %d of them refused in mode %s", blocking, Enforce)
	case len(findings) == 0:
		count = "not judged"
	case w.denied:
		count = plural(len(findings), "other finding")
	}
	return fmt.Sprintf("%s: %s (%s)", w.name(), count, w.judge.rules())
}

// warnings are texts within the limits of the API server, which cuts and drops
// what is above them.
type warnings struct {
	texts []string
	runes int
}

func (l *warnings) add(text string) {
	text = shown(text, warningRunes)
	n := utf8.RuneCountInString(text)
	if len(l.texts) >= warningCount || l.runes+n > warningAllRunes || slices.Contains(l.texts, text) {
		return
	}
	l.texts, l.runes = append(l.texts, text), l.runes+n
}
