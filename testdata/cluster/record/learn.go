package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// lesson collects what the API server adds to the objects of one kind.
type lesson struct {
	kind      string
	shape     *shape
	depending map[string][]dependence // by the path of what holds the field; paths from the root of the kind's objects
	skip      map[string]bool         // paths of which nothing is learnt, nor of what is below them
	removable map[string]bool
	whole     map[string]bool

	holders  map[string]int               // how often a struct was seen, by path
	present  map[string]int               // how often a field was, whoever set it
	added    map[string]map[string]bool   // to what the API server set a field, by path
	replaced map[string]bool              // scalars whose written zero value the API server took for absent
	encoded  map[string]bool              // fields that the schema requires and a valid object may lack all the same
	outcomes map[string]map[string]string // of fields that depend on others: by path, and by what was read there
	odd      map[string]string            // what the table cannot express, with the purpose of a probe that shows it
}

// absent is the outcome of a field that the API server leaves unset.
const absent = "absent"

func newLesson(kind string, s *shape) *lesson {
	l := &lesson{
		kind: kind, shape: s, depending: map[string][]dependence{}, skip: setOf(leftOut()[kind]), removable: map[string]bool{}, whole: setOf(whole()[kind]),
		holders: map[string]int{}, present: map[string]int{}, added: map[string]map[string]bool{}, replaced: map[string]bool{}, encoded: map[string]bool{},
		outcomes: map[string]map[string]string{}, odd: map[string]string{},
	}
	for _, d := range dependences() {
		if d, applies := d.in(kind); applies {
			holder, _ := lastStep(d.path)
			l.depending[holder] = append(l.depending[holder], d)
		}
	}
	for _, r := range said() {
		path, applies := inKind(r.apiKind(), strings.TrimSuffix(r.Path, ".*"), kind)
		switch {
		case applies && r.Remove:
			l.removable[path] = true
		case applies:
			l.skip[path] = true
		}
	}
	return l
}

// inKind returns the path from the root of an object of the kind, for a path that was declared for it or for PodSpec.
func inKind(declared, path, kind string) (string, bool) {
	spec, hasPods := podSpecs()[kind]
	if declared == podSpec && hasPods {
		return spec + "." + path, true
	}
	return path, declared == kind
}

func (d dependence) in(kind string) (dependence, bool) {
	path, applies := inKind(d.kind, d.path, kind)
	moved := dependence{kind: kind, path: path}
	for _, r := range d.on {
		read, _ := inKind(d.kind, r.path, kind)
		moved.on = append(moved.on, reading{read, r.how})
	}
	return moved, applies
}

// visit is one walk through an object as it was written and as it came back.
type visit struct {
	*lesson
	shown shown
}

// take learns from one probe.
func (l *lesson) take(s shown) {
	visit{l, s}.fields(l.shape, site{}, "", s.written, s.given)
}

// fields compares two structs. Structs that the API server adds are visited as if they had been written empty, after
// being noted.
func (v visit) fields(s *shape, at site, path string, written, given object) {
	v.holders[path]++
	v.dependent(at, path, written, given)
	for _, name := range sortedKeys(given) {
		below, value, field := child(path, name), given[name], s.fields[name]
		v.present[below]++
		if v.skip[below] {
			continue
		}
		if was, wrote := written[name]; wrote {
			v.values(field, at.down(name, name), below, was, value)
			continue
		}
		if field == nil {
			v.note(below + " is in no schema")
			continue
		}
		if s.required[name] && isZero(value) {
			if !v.shown.accepted {
				continue // how the API's types encode a missing field, in an object that is refused for it
			}
			v.encoded[below] = true
		}
		if nested, isMap := value.(object); isMap && len(field.fields) > 0 && !v.whole[below] {
			v.add(below, object{})
			v.fields(field, at.down(name, name), below, object{}, nested)
			continue
		}
		v.add(below, value)
	}
	for name := range written {
		below := child(path, name)
		if _, kept := given[name]; !kept && !v.removable[below] && !v.skip[below] && below != v.shown.zero {
			v.note(below + " is dropped")
		}
	}
}

// values compares two values of a field that was written.
func (v visit) values(s *shape, at site, path string, written, given any) {
	if s == nil {
		s = &shape{}
	}
	was, wasMap := written.(object)
	is, isMap := given.(object)
	if wasMap && isMap && len(s.fields) > 0 {
		v.fields(s, at, path, was, is)
		return
	}
	if wasMap && isMap && s.entry != nil {
		v.entries(s, at, path, was, is)
		return
	}
	items, wasList := written.([]any)
	list, isList := given.([]any)
	if wasList && isList && s.item != nil && len(items) == len(list) {
		for i := range list {
			v.values(s.item, at.down("[]", i), child(path, "[]"), items[i], list[i])
		}
		return
	}
	if path == v.shown.zero && !isZero(given) {
		v.replaced[path] = true
		return
	}
	if !reflect.DeepEqual(written, given) && !slices.Contains(overwritten()[v.kind], path) {
		v.note(fmt.Sprintf("%s changes from %v to %v", path, written, given))
	}
}

func (v visit) entries(s *shape, at site, path string, written, given object) {
	for _, key := range sortedKeys(given) {
		was, wrote := written[key]
		switch {
		case wrote:
			v.values(s.entry, at.down("*", key), child(path, "*"), was, given[key])
		case !v.skip[child(path, key)]:
			v.note(fmt.Sprintf("%s is added", child(path, key)))
		}
	}
	for _, key := range sortedKeys(written) {
		if _, kept := given[key]; !kept {
			v.note(fmt.Sprintf("%s is dropped", child(path, key)))
		}
	}
}

func (v visit) add(path string, value any) {
	if v.added[path] == nil {
		v.added[path] = map[string]bool{}
	}
	v.added[path][encoded(value)] = true
}

func (v visit) note(sentence string) { v.odd[sentence] = v.shown.purpose }

// dependent notes, for one struct, the outcome of every field whose default depends on others.
func (v visit) dependent(at site, path string, written, given object) {
	for _, d := range v.depending[path] {
		_, field := lastStep(d.path)
		if _, wrote := written[field]; wrote {
			continue
		}
		outcome := absent
		if value, filled := given[field]; filled {
			if _, isMap := value.(object); isMap && !v.whole[d.path] {
				value = object{}
			}
			outcome = encoded(value)
		}
		var states []string
		for _, r := range d.on {
			states = append(states, r.state(at, v.shown.written, v.shown.given))
		}
		key := encoded(states)
		if v.outcomes[d.path] == nil {
			v.outcomes[d.path] = map[string]string{}
		}
		if before, seen := v.outcomes[d.path][key]; seen && before != outcome {
			v.note(fmt.Sprintf("%s is %s and %s, both with %s", d.path, before, outcome, key))
		}
		v.outcomes[d.path][key] = outcome
	}
}

func (r reading) state(at site, written, given object) string {
	switch r.how {
	case bySet:
		return strconv.FormatBool(isSet(at.resolve(written, r.path)))
	case byOnly:
		return strconv.FormatBool(condition{Only: []string{"name"}}.holds(at.resolve(written, r.path)))
	case byLatest:
		text, _ := at.resolve(given, r.path).(string)
		return strconv.FormatBool(isLatest(text))
	}
	text, is := at.resolve(given, r.path).(string)
	if !is {
		return absent
	}
	return text
}

// rows returns what was learnt. What the table cannot express is an error.
func (l *lesson) rows() ([]row, error) {
	var rows []row
	depends := map[string]bool{}
	for _, holder := range slices.Sorted(maps.Keys(l.depending)) {
		for _, d := range l.depending[holder] {
			depends[d.path] = true
			for _, r := range d.rows(l.outcomes[d.path]) {
				r.Zero = l.replaced[d.path]
				rows = append(rows, r)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(l.added)) {
		if depends[path] {
			continue
		}
		holder, _ := lastStep(path)
		values := slices.Sorted(maps.Keys(l.added[path]))
		if len(values) > 1 || l.present[path] != l.holders[holder] {
			l.odd[fmt.Sprintf("%s becomes %s, in %d of %d places", path, strings.Join(values, " or "), l.present[path], l.holders[holder])] = "several"
			continue
		}
		r := newRow(l.kind, path)
		r.Value, r.Zero, r.encoded = json.RawMessage(values[0]), l.replaced[path], l.encoded[path]
		rows = append(rows, r)
	}
	var problems []error
	for _, sentence := range slices.Sorted(maps.Keys(l.odd)) {
		problems = append(problems, fmt.Errorf("%s: %s (probe: %s)", l.kind, sentence, l.odd[sentence]))
	}
	return rows, errors.Join(problems...)
}

// rows returns one row for each outcome and each state of what was read second and further.
func (d dependence) rows(outcomes map[string]string) []row {
	type group struct{ outcome, others string }
	first := map[group][]string{}
	seen := map[string]bool{}
	for key, outcome := range outcomes {
		var states []string
		decode(key, &states)
		seen[states[0]] = true
		g := group{outcome, encoded(states[1:])}
		first[g] = append(first[g], states[0])
	}
	var rows []row
	for g, states := range first {
		if g.outcome == absent {
			continue
		}
		var others []string
		decode(g.others, &others)
		r := newRow(d.kind, d.path)
		r.Value = json.RawMessage(g.outcome)
		r.When = map[string]condition{}
		if len(states) < len(seen) {
			r.When[d.on[0].path] = d.on[0].condition(states)
		}
		for i, state := range others {
			r.When[d.on[i+1].path] = d.on[i+1].condition([]string{state})
		}
		rows = append(rows, r)
	}
	return rows
}

// condition holds in the states; of how a field is set, of images and of lone fields there is one.
func (r reading) condition(states []string) condition {
	yes := states[0] == "true"
	switch r.how {
	case bySet:
		return condition{Set: &yes}
	case byLatest:
		return condition{Latest: &yes}
	case byOnly:
		return condition{Only: []string{"name"}}
	}
	slices.Sort(states)
	return condition{In: states}
}

// encoded returns JSON of a value that has only what JSON has.
func encoded(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(content)
}

// decode is the reverse of encoded.
func decode(text string, into any) {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		panic(err)
	}
}

func isZero(value any) bool {
	return value == "" || value == false || value == float64(0)
}

func setOf(words []string) map[string]bool {
	set := map[string]bool{}
	for _, word := range words {
		set[word] = true
	}
	return set
}
