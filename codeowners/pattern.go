package codeowners

import (
	"regexp"
	"strings"
)

// A pattern is a compiled rule: parts from the root of the repository down, and
// what may follow the last of them. Gitea's patterns are expressions instead.
type pattern struct {
	segments []segment
	tail     tail
	expr     *regexp.Regexp
	inverted bool
}

// tail says how much of the path the last segment leaves over.
type tail uint8

const (
	// exactly: nothing. The last segment is the last part of the path.
	exactly tail = iota
	// orBelow: nothing, or the segment names a folder the path lies in.
	orBelow
	// inside: the segment names a folder the path lies in.
	inside
)

// normal brings patterns that mean the same into one form, so that no segment
// list ends in "**" and "matches everything" is recognised however written.
func (p pattern) normal() pattern {
	segments := p.segments[:0:0]
	for _, s := range p.segments {
		if s.shape == deep && len(segments) > 0 && segments[len(segments)-1].shape == deep {
			continue
		}
		segments = append(segments, s)
	}
	p.segments = segments
	n := len(segments)
	if n >= 2 && p.tail != inside && segments[n-1].shape == anything && segments[n-2].shape == deep {
		p.segments, p.tail = segments[:n-2], inside // **/* is all there is below
	}
	if n := len(p.segments); n > 0 && p.segments[n-1].shape == deep && p.tail != exactly {
		p.segments, p.tail = p.segments[:n-1], inside
	}
	return p
}

// everything reports whether every path of a repository matches.
func (p pattern) everything() bool {
	if p.expr != nil {
		return !p.inverted && matchesAll(p.expr)
	}
	return len(p.segments) == 0 && p.tail == inside
}

// matches compares one path with one pattern. The index answers for many.
func (p pattern) matches(path string) bool {
	path = cleanPath(path)
	if p.expr != nil {
		return p.expr.MatchString(path) != p.inverted
	}
	if path == "" { // the root folder itself
		return p.everything()
	}
	return matchParts(p.segments, p.tail, strings.Split(path, "/"))
}

// matchParts walks the segments over the parts, going back to the last "**"
// only: the first place where the rest fits is as good as any later one.
// Except for a tail that lets the path go on, which fits earlier or not at all.
func matchParts(segments []segment, end tail, parts []string) bool {
	s, p := 0, 0
	deepSegment, deepPart := -1, 0
	for {
		if s == len(segments) {
			if rest := len(parts) - p; rest == 0 && end != inside || rest > 0 && end != exactly {
				return true
			}
		} else if segments[s].shape == deep {
			deepSegment, deepPart = s, p
			s++
			continue
		} else if p < len(parts) && segments[s].matches(parts[p]) {
			s, p = s+1, p+1
			continue
		}
		if deepSegment < 0 || deepPart >= len(parts) {
			return false
		}
		deepPart++
		s, p = deepSegment+1, deepPart
	}
}

// samples are paths the pattern matches, made of names no one uses, so that a
// later rule that decides them decides whatever the pattern may come to match.
// An expression has none.
func (p pattern) samples() []string {
	if p.expr != nil {
		return nil
	}
	var all []string
	for _, filler := range []string{"q7gatehouse", "zz-gatehouse-9"} {
		for _, depth := range []int{0, 1, 2} {
			if path, ok := p.sample(filler, depth); ok {
				all = append(all, path...)
			}
		}
	}
	return all
}

// sample fills every "**" with so many folders, and adds what the tail asks for
// and allows.
func (p pattern) sample(filler string, depth int) (paths []string, ok bool) {
	var parts []string
	hasDeep := false
	for _, s := range p.segments {
		switch s.shape {
		case deep:
			hasDeep = true
			for range depth {
				parts = append(parts, filler)
			}
		case nothing:
			return nil, false
		default:
			parts = append(parts, s.sample(filler))
		}
	}
	if depth > 0 && !hasDeep {
		return nil, false
	}
	path := strings.Join(parts, "/")
	below := strings.TrimPrefix(path+"/"+filler, "/")
	if p.tail != inside && path != "" {
		paths = append(paths, path)
	}
	if p.tail != exactly {
		paths = append(paths, below, below+"/"+filler+".yaml")
	}
	kept := paths[:0]
	for _, path := range paths {
		if p.matches(path) {
			kept = append(kept, path)
		}
	}
	return kept, len(kept) > 0
}
