package checks

import "time"

// applyWaivers marks the findings that a waiver accepts, and tells of each waiver
// what became of it. A finding whose waiver has expired counts as new.
func applyWaivers(findings []Finding, waivers []Waiver, now time.Time) []WaiverUse {
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
			if !use.Waiver.covers(f) {
				continue
			}
			use.Used++
			if use.Expired {
				expired = true
				continue
			}
			f.Waived = &WaivedBy{Reason: use.Waiver.Reason, Owner: use.Waiver.Owner, Expires: use.Waiver.Expires.Format(time.DateOnly)}
			break
		}
		if expired && f.Waived == nil {
			f.New = true
		}
	}
	return uses
}

// expired tells whether the last day of w is over, in UTC.
func (w Waiver) expired(now time.Time) bool {
	return !now.Before(w.Expires.AddDate(0, 0, 1))
}

// covers tells whether w is written for the finding. An object waives only
// findings on objects, a path only findings on files; a secret is waived only
// with the value that it had.
func (w Waiver) covers(f *Finding) bool {
	if w.Check != f.Check || w.Field != "" && w.Field != f.Field || w.File != "" && w.File != f.File {
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
