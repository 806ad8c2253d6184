package main

import (
	"strings"
)

// A path leads from the root of an object to a field: names joined by dots, [] after a list for each of its items, * for
// each entry of a map, and ["key"] for the one entry whose key is no plain name.

// steps splits a path. The items of a list are a step of their own, "[]".
func steps(path string) []string {
	var all []string
	for path != "" {
		if quoted, found := strings.CutPrefix(path, `["`); found {
			key, rest, _ := strings.Cut(quoted, `"]`)
			all, path = append(all, key), rest
			continue
		}
		if rest, found := strings.CutPrefix(path, "[]"); found {
			all, path = append(all, "[]"), rest
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if end > 0 {
			all = append(all, path[:end])
		}
		path = path[end:]
	}
	return all
}

// join is the reverse of steps.
func join(steps []string) string {
	var path strings.Builder
	for i, step := range steps {
		switch {
		case step == "[]":
			path.WriteString(step)
		case strings.ContainsAny(step, "./"):
			path.WriteString(`["` + step + `"]`)
		case i > 0:
			path.WriteString("." + step)
		default:
			path.WriteString(step)
		}
	}
	return path.String()
}

// child returns the path of a step below path.
func child(path, step string) string {
	switch {
	case step == "[]":
		return path + step
	case strings.ContainsAny(step, "./"):
		return path + `["` + step + `"]`
	case path == "":
		return step
	}
	return path + "." + step
}

// lastStep returns the path of what holds the last step of path, and that step.
func lastStep(path string) (holder, step string) {
	all := steps(path)
	return join(all[:len(all)-1]), all[len(all)-1]
}

// atOrBelow tells whether path is the prefix or lies under it.
func atOrBelow(path, prefix string) bool {
	rest, is := strings.CutPrefix(path, prefix)
	return is && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// site is a place in one object that a path leads to: the path's steps with the index of each list item and the key of
// each map entry in place of [] and *.
type site struct {
	pattern  []string
	concrete []any // string or int
}

func (s site) down(pattern string, concrete any) site {
	return site{append(s.pattern[:len(s.pattern):len(s.pattern)], pattern), append(s.concrete[:len(s.concrete):len(s.concrete)], concrete)}
}

// resolve reads the value at path in the object, taking the same items and entries as s as long as the path goes the
// same way. It returns nil for a value that is absent, or that is in another list than those on the way to s.
func (s site) resolve(root object, path string) any {
	var at any = root
	same := true
	for i, step := range steps(path) {
		same = same && i < len(s.pattern) && s.pattern[i] == step
		var next any = step
		if same {
			next = s.concrete[i]
		}
		switch next := next.(type) {
		case int:
			at = at.([]any)[next]
		case string:
			m, _ := at.(object)
			at = m[next]
		}
	}
	return at
}

// sites returns every place in the object that the path leads to.
func sites(root object, path string) []site {
	found := []site{{}}
	values := []any{root}
	for _, step := range steps(path) {
		var nextFound []site
		var nextValues []any
		for i, value := range values {
			switch value := value.(type) {
			case []any:
				if step == "[]" {
					for index, item := range value {
						nextFound, nextValues = append(nextFound, found[i].down(step, index)), append(nextValues, item)
					}
				}
			case object:
				if step == "*" {
					for _, key := range sortedKeys(value) {
						nextFound, nextValues = append(nextFound, found[i].down(step, key)), append(nextValues, value[key])
					}
				} else if field, present := value[step]; present {
					nextFound, nextValues = append(nextFound, found[i].down(step, step)), append(nextValues, field)
				}
			}
		}
		found, values = nextFound, nextValues
	}
	return found
}
