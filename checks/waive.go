package checks

import (
	"cmp"
	"time"
)

// applyWaivers marks the findings that a waiver accepts, and tells of each waiver
// what became of it. A finding whose waiver has expired counts as new.
func (r *runner) applyWaivers(findings []Finding) []WaiverUse {
	waivers, now := r.in.Waivers, r.in.Time
	uses := make([]WaiverUse, len(waivers))
	byCheck := map[string][]int{}
	for i, w := range waivers {
		uses[i] = WaiverUse{Waiver: w, Expired: w.expired(now)}
		byCheck[w.Check] = append(byCheck[w.Check], i)
	}
	for i := range findings {
		f := &findings[i]
		expired := false
		for _, w := range byCheck[f.Check] {
			use := &uses[w]
			if !use.Waiver.covers(f, r.shown(f.File)) {
				continue
			}
			use.Used++
			if use.Expired {
				expired = true
				continue
			}
			f.Waived = use.Waiver.by()
			break
		}
		if expired && f.Waived == nil {
			f.New = true
		}
	}
	return uses
}

// by says who answers for what w waives.
func (w Waiver) by() *WaivedBy {
	if w.Rotated.By == "" {
		return &WaivedBy{Reason: w.Reason, Owner: w.Owner, Expires: w.Expires.Format(time.DateOnly)}
	}
	reason := "rotated by " + w.Rotated.By + " on " + w.Rotated.On.Format(time.DateOnly)
	if w.Reason != "" {
		reason += ": " + w.Reason
	}
	return &WaivedBy{Reason: reason, Owner: cmp.Or(w.Owner, w.Rotated.By)}
}

// expired tells whether the last day of w is over, in UTC. What was rotated stays
// rotated.
func (w Waiver) expired(now time.Time) bool {
	return w.Rotated.By == "" && !now.Before(w.Expires.AddDate(0, 0, 1))
}

// covers tells whether w is written for the finding. shown is the file as reports
// show it: nobody can write a name that they do not show. An object waives only
// findings on objects, a path only findings on files; a secret is waived only
// with the value that it had.
func (w Waiver) covers(f *Finding, shown string) bool {
	if w.Check != f.Check || w.Field != "" && w.Field != f.Field || w.File != "" && w.File != f.File && w.File != shown {
		return false
	}
	if w.Object != f.Object {
		return false
	}
	if w.Object.IsZero() && w.File == "" {
		return false
	}
	if f.Category == Secrets {
		return w.Value != "" && MatchesDigest(f.cites, w.Value)
	}
	return true
}
