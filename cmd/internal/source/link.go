package source

import (
	"path"
	"strings"
)

const (
	maxLinkBytes = 4096 // PATH_MAX of Linux: no longer text is a link anywhere
	maxLinkHops  = 40   // as in path_resolution(7)
	maxLinkSteps = 4096 // names followed, so that a chain of long links costs little
)

// leaves tells whether the link at the given path leads out of the tree, or may:
// after maxLinkSteps it is not followed on. A link that leads round in a circle
// stays inside, and nothing is seen through it.
//
// readlink gives the text of a link of the tree, and false for all else, so that
// a chain of links is followed by name alone.
func leaves(link, text string, readlink func(path string) (string, bool)) bool {
	if strings.HasPrefix(text, "/") {
		return true
	}
	at := strings.Join(components(path.Dir(link)), "/") // "" is the root
	ahead := components(text)
	for hops, steps := 0, 0; len(ahead) > 0; {
		if steps++; steps > maxLinkSteps {
			return true
		}
		name := ahead[0]
		ahead = ahead[1:]
		switch {
		case name == ".." && at == "":
			return true
		case name == "..":
			at = above(at)
			continue
		case strings.EqualFold(name, ".git"):
			return true // in the folder, but not in the tree
		}
		at = strings.TrimPrefix(at+"/"+name, "/")
		next, ok := readlink(at)
		if !ok {
			continue
		}
		if hops++; hops > maxLinkHops {
			return false
		}
		if strings.HasPrefix(next, "/") {
			return true
		}
		at = above(at)
		ahead = append(components(next), ahead...)
	}
	return false
}

// above is the folder that a path stands in; "" is the root.
func above(p string) string {
	return p[:max(strings.LastIndexByte(p, '/'), 0)]
}

// components splits a path and drops what does not move.
func components(p string) []string {
	var list []string
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			list = append(list, name)
		}
	}
	return list
}

// validPath tells whether git would write a file at this path of a tree. A tree
// made by hand can hold others, which could lead out of any folder.
func validPath(p string) bool {
	for name := range strings.SplitSeq(p, "/") {
		if name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git") {
			return false
		}
	}
	return true
}
