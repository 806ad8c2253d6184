package admission

import (
	"context"
	"log/slog"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// logAnswer writes one line of the log. It holds nothing of an object but its
// name and the fields that findings name.
func (s *Server) logAnswer(c *call, a Answer, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("uid", shown(c.uid, nameRunes)),
		slog.String("verdict", string(a.Verdict)),
		slog.Bool("allowed", a.Response.Allowed),
		slog.String("mode", string(s.judge().settings.Mode)),
		slog.Float64("milliseconds", float64(took.Microseconds())/1000),
	}
	if c.request != nil {
		attrs = append(attrs, requestAttrs(c.request)...)
	}
	if a.Writer != "" {
		attrs = append(attrs, slog.String("writer", a.Writer))
	}
	if len(a.Reasons) > 0 {
		attrs = append(attrs, slog.String("reason", shown(a.Reasons[0], messageBytes)))
	}
	if stand := findingsOf(a); len(stand) > 0 {
		attrs = append(attrs, slog.Int("found", len(stand)), slog.Any("findings", loggedOf(stand)))
	}
	level := slog.LevelInfo
	if a.Verdict == checks.VerdictIncomplete {
		level = slog.LevelWarn
	}
	s.log.LogAttrs(context.Background(), level, "review", attrs...)
}

func requestAttrs(req *admissionv1.AdmissionRequest) []slog.Attr {
	kind := req.Kind
	if req.RequestKind != nil {
		kind = *req.RequestKind
	}
	return []slog.Attr{
		slog.String("operation", shown(string(req.Operation), nameRunes)),
		slog.String("group", shown(kind.Group, nameRunes)),
		slog.String("version", shown(kind.Version, nameRunes)),
		slog.String("kind", shown(kind.Kind, nameRunes)),
		slog.String("subresource", shown(req.SubResource, nameRunes)),
		slog.String("namespace", shown(req.Namespace, nameRunes)),
		slog.String("name", shown(req.Name, nameRunes)),
		slog.Bool("dryRun", req.DryRun != nil && *req.DryRun),
	}
}

// logged is a finding in the log.
type logged struct {
	Check       string `json:"check"`
	Severity    string `json:"severity"`
	Kind        string `json:"kind"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Field       string `json:"field"`
	New         bool   `json:"new"`
	Fingerprint string `json:"fingerprint"`
}

func loggedOf(findings []checks.Finding) []logged {
	list := make([]logged, 0, min(len(findings), loggedFindings))
	for _, f := range findings[:cap(list)] {
		list = append(list, logged{
			Check: f.Check, Severity: f.Severity.String(), Kind: shown(f.Object.Kind, nameRunes), Namespace: shown(f.Object.Namespace, nameRunes),
			Name: shown(f.Object.Name, nameRunes), Field: shown(f.Field, nameRunes), New: f.New, Fingerprint: f.Fingerprint,
		})
	}
	return list
}

// findingsOf are the findings of an answer that nothing waives.
func findingsOf(a Answer) []checks.Finding {
	var stand []checks.Finding
	for _, f := range a.Findings {
		if f.Waived == nil {
			stand = append(stand, f)
		}
	}
	return stand
}
