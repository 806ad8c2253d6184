package checks

import "slices"

// override applies the configured severities.
func (r *runner) override(findings []Finding) {
	own := map[string]Severity{}
	for _, c := range r.in.Checks {
		own[c.ID] = c.Severity
	}
	for i := range findings {
		f := &findings[i]
		severity, found := r.overridden(*f)
		switch {
		case !found:
		case f.Severity == own[f.Check]:
			f.Severity = severity
		default:
			// The check itself graded this finding below its usual severity; a
			// configuration may lower it further but not undo that.
			f.Severity = min(f.Severity, severity)
		}
	}
}

func (r *runner) overridden(f Finding) (severity Severity, found bool) {
	for _, o := range r.in.Overrides {
		if !slices.Contains(o.Checks, f.Check) && !slices.Contains(o.Checks, string(f.Category)) {
			continue
		}
		if len(o.Paths) == 0 || slices.ContainsFunc(o.Paths, func(glob string) bool { return MatchPath(glob, f.File) }) {
			severity, found = o.Severity, true
		}
	}
	return severity, found
}
