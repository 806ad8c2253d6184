package admission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Mode is what the gate does with a verdict.
type Mode string

// The modes.
const (
	Observe Mode = "observe" // everything is allowed; the verdict is logged, counted and put into the audit log
	Warn    Mode = "warn"    // everything is allowed; findings are warnings
	Enforce Mode = "enforce" // what has blocking findings is denied
)

// Modes lists the modes, the mildest first.
func Modes() []Mode { return []Mode{Observe, Warn, Enforce} }

// ParseMode reads one of Modes.
func ParseMode(s string) (Mode, error) {
	if m := Mode(s); slices.Contains(Modes(), m) {
		return m, nil
	}
	return "", fmt.Errorf("unknown mode %q: must be observe, warn or enforce", s)
}

// NotRun is the verdict on a request that no check judges, such as a CONNECT.
const NotRun checks.Verdict = "notRun"

// Settings are what a Judge judges by.
type Settings struct {
	Checks    []checks.Check // of all gates; those of this one are added
	Rules     checks.SecretRules
	Waivers   []checks.Waiver
	Overrides []checks.Override
	Layout    checks.Layout // the repository's name, and its environments
	// Environment names the environment of Layout to which the cluster belongs, or
	// is "". Waivers and overrides for files of other environments do not hold.
	Environment string
	FailOn      checks.FailOn
	// Bundle and Local are the digests of the shared rules and of what a repository
	// adds to them, "sha256:…" or "".
	Bundle, Local string

	Mode Mode
	// AllowIncomplete allows in Enforce what could not be judged.
	AllowIncomplete bool
	Writers         []Writer // service accounts of built-in writers that are not those of their projects
	// TrustUnboundWriters takes the identity of a writer also where its token is not
	// bound to a pod.
	TrustUnboundWriters bool

	Now func() time.Time // nil for time.Now
}

// Judge answers admission requests. It is safe for concurrent use.
type Judge struct {
	settings  Settings
	checks    []checks.Check
	removals  []checks.Check // of objects that are deleted
	compares  bool           // some check needs the object before the change
	asksUser  bool           // some check asks who makes a request
	notRun    []checks.NotRun
	waivers   map[waived][]checks.Waiver
	overrides []checks.Override
	layout    checks.Layout
	writers   []profile
}

// New makes a Judge.
func New(s Settings) *Judge {
	if s.Now == nil {
		s.Now = time.Now
	}
	j := &Judge{settings: s, overrides: overridesAt(s), waivers: waiversAt(s), writers: profilesWith(s.Writers)}
	j.layout = checks.Layout{Repository: s.Layout.Repository}
	if s.Environment != "" {
		j.layout.Environments = []checks.Environment{{Name: s.Environment, Paths: []string{"**"}}}
	}
	for _, c := range s.Checks {
		if kind := c.Kind(); kind == "secrets" || kind == "file" || kind == "document" || kind == "transition" {
			c.Tree, c.Facts, c.FileFacts, c.Change = nil, nil, nil, nil
			j.checks = append(j.checks, c)
			j.asksUser = j.asksUser || slices.Contains(c.Needs, checks.NeedUserInfo)
			if c.Transition != nil {
				j.compares = true
				c.Secrets, c.File, c.Document = nil, nil, nil
				j.removals = append(j.removals, c)
			}
		} else {
			j.notRun = append(j.notRun, checks.NotRun{Check: c.ID, Reason: "this check is of the kind " + kind + ", and a review shows one object"})
		}
	}
	j.checks = append(j.checks, ownChecks()...)
	return j
}

// NotRun lists the checks that this gate can never run, with the reason.
func (j *Judge) NotRun() []checks.NotRun { return slices.Clone(j.notRun) }

// judgement is what came of a request, before the mode makes an answer of it.
type judgement struct {
	verdict  checks.Verdict
	findings []checks.Finding
	reasons  []string // why there is no verdict, or not one on everything
	writer   writing
	prefix   string // the generateName of the object, where its name was made from it
	old      bool   // what could not be judged stood there before
	retry    bool   // another try may be judged
	warn     bool   // the user is told of it in every mode
}

func unjudged(format string, args ...any) judgement {
	return judgement{verdict: checks.VerdictIncomplete, reasons: []string{fmt.Sprintf(format, args...)}}
}

// judge judges one request.
func (j *Judge) judge(ctx context.Context, req *admissionv1.AdmissionRequest) judgement {
	switch req.Operation {
	case admissionv1.Delete:
		return j.judgeRemoval(ctx, req)
	case admissionv1.Connect:
		return notRunFor("no check judges this operation")
	case admissionv1.Create, admissionv1.Update:
	default:
		return unjudged("the operation of the request is not known")
	}
	if nothing(req.Object.Raw) {
		if req.SubResource != "" {
			return notRunFor("the request for this subresource carries no object")
		}
		return unjudged("the request has no object")
	}
	known := releases{}
	path := pathOf(req, req.Name)
	now, err := readObject(req.Object.Raw, path, req.Kind, known)
	if err != nil {
		out := unjudged("%v", err)
		out.old = req.Operation == admissionv1.Update && sameContent(req.Object.Raw, req.OldObject.Raw)
		return out
	}
	in := j.input(req, now)
	if j.asksUser && len(in.Users) == 0 {
		return unjudged("%v", errUser)
	}
	in.Files, in.Checks = now.files(), append(slices.Clip(j.checks), releaseUnreadable(known.read))
	var unread []string
	if req.Operation == admissionv1.Update {
		// An old object that cannot be read excuses nothing.
		switch old, err := readOld(req, path, known); {
		case err == nil:
			in.HasOld, in.Before = true, old.files()
		case j.compares:
			unread = []string{fmt.Sprintf("the change could not be judged: %v", err)}
		}
	}
	return j.conclude(req, now, checks.Run(ctx, in), unread...)
}

// judgeRemoval judges a request to delete an object by the checks that look at what
// becomes of one: what is wrong with an object is no reason to keep it.
func (j *Judge) judgeRemoval(ctx context.Context, req *admissionv1.AdmissionRequest) judgement {
	if len(j.removals) == 0 {
		return notRunFor("no check judges this operation")
	}
	old, err := readOld(req, pathOf(req, req.Name), releases{})
	if err != nil {
		return unjudged("%v", err)
	}
	// A Helm release that is deleted takes nothing with it.
	old.release = nil
	in := j.input(req, old)
	if j.asksUser && len(in.Users) == 0 {
		return unjudged("%v", errUser)
	}
	in.HasOld, in.Before, in.Checks = true, old.files(), j.removals
	return j.conclude(req, old, checks.Run(ctx, in))
}

var errUser = errors.New("who makes the request cannot be read")

func notRunFor(reason string) judgement {
	return judgement{verdict: NotRun, reasons: []string{reason}}
}

// readOld reads the object as it was.
func readOld(req *admissionv1.AdmissionRequest, path string, known releases) (object, error) {
	if nothing(req.OldObject.Raw) {
		return object{}, errors.New("the request does not hold the object as it was")
	}
	old, err := readObject(req.OldObject.Raw, path, req.Kind, known)
	if err != nil {
		return object{}, fmt.Errorf("the object as it was: %w", err)
	}
	return old, nil
}

// input is what all requests for an object have in common.
func (j *Judge) input(req *admissionv1.AdmissionRequest, o object) checks.Input {
	return checks.Input{
		Rules: j.settings.Rules, Waivers: j.waiversFor(o), Overrides: j.overrides, Layout: j.layout, Limits: manifest.DefaultLimits(), Applied: true,
		Given: []checks.Need{checks.NeedUserInfo, checks.NeedUserGroups}, Users: usersOf(req), Request: fieldsOf(req, o),
		FailOn: j.settings.FailOn, Time: j.settings.Now().UTC(), Workers: 1,
	}
}

// conclude adds to the result of the engine what only this gate knows: who writes,
// and what stands in the data of a Helm release.
func (j *Judge) conclude(req *admissionv1.AdmissionRequest, now object, result checks.Result, reasons ...string) judgement {
	out := judgement{prefix: now.prefix(), reasons: reasons}
	for _, f := range result.Findings {
		if now.root != nil && isRelease(now.root) && isReleaseData(f, now.path) {
			continue
		}
		out.findings = append(out.findings, f)
	}
	now.addOrigins(out.findings)
	if now.root != nil && isSecret(now.root) {
		out.writer = writingOf(req, now.root.Root, j.writers, j.settings.TrustUnboundWriters)
		out.writer.waive(out.findings, now.path)
	}
	for _, n := range result.NotJudged {
		if n.New {
			out.reasons = append(out.reasons, now.reason(n))
		}
	}
	out.verdict = verdictOf(out, j.settings.FailOn)
	return out
}

// plaintextSecret is the ID of the check whose findings a writer answers for.
const plaintextSecret = "plaintext-secret"

// isReleaseData recognises the finding on the packed data of a Helm release, in
// place of which what the release holds is judged.
func isReleaseData(f checks.Finding, path string) bool {
	return f.Check == plaintextSecret && f.File == path && f.Field == manifest.JoinField("data", releaseKey)
}

// addOrigins tells of the findings in a Helm release from where in the chart they
// come.
func (o object) addOrigins(findings []checks.Finding) {
	if o.release == nil {
		return
	}
	for i := range findings {
		f := &findings[i]
		for _, r := range o.release.rendered {
			if f.File == o.path+"/"+r.name {
				f.Origins = append(f.Origins, checks.Origin{File: r.source(f.Line), What: "Helm release " + o.release.name})
			}
		}
	}
}

// waive accepts the new values of a Secret that a writer wrote inside its contract.
func (w writing) waive(findings []checks.Finding, path string) {
	if w.profile == "" {
		return
	}
	for i := range findings {
		if f := &findings[i]; f.Check == plaintextSecret && f.File == path && f.Waived == nil {
			f.Waived = &checks.WaivedBy{Reason: "written by " + w.profile + ", inside its contract", Owner: w.profile}
		}
	}
}

// reason words what the engine could not judge of o.
func (o object) reason(n checks.NotJudged) string {
	reason := n.Reason
	if n.Check != "" {
		reason = n.Check + ": " + reason
	}
	if o.release != nil && n.File != o.path {
		reason = "Helm release " + o.release.name + ": " + reason
	}
	return reason
}

func verdictOf(j judgement, failOn checks.FailOn) checks.Verdict {
	switch {
	case slices.ContainsFunc(j.findings, func(f checks.Finding) bool { return blocks(f, failOn) }):
		return checks.VerdictFail
	case len(j.reasons) > 0:
		return checks.VerdictIncomplete
	}
	return checks.VerdictPass
}

func blocks(f checks.Finding, failOn checks.FailOn) bool {
	return f.Blocks() && failOn != 0 && f.Severity >= checks.Severity(failOn)
}
