package main

import (
	"fmt"
	"reflect"
	"slices"
)

// check tells where the table, applied to a probe as it was written, gives something else than the API server did.
func (t table) check(s shown, sh *shape) error {
	want := copyOf(s.written).(object)
	if err := t.apply(want); err != nil {
		return err
	}
	got := copyOf(s.given).(object)
	kind := apiKindOf(want)
	if s.zero != "" {
		dropWrittenZero(s.zero, want, got)
	}
	t.removeComputed(kind, want, got)
	for _, path := range overwritten()[kind] {
		remove(want, path)
		remove(got, path)
	}
	if !s.accepted {
		for _, r := range t.Rows {
			if r.From != "" && r.apiKind() == kind {
				dropCopiedAbsence(r, got)
				dropCopiedAbsence(r, want)
			}
		}
		dropEncodedAbsence(sh, want, got)
	}
	return difference("", want, got)
}

// dropWrittenZero removes a zero value that was written where the API server gives nothing back: its types leave it out.
func dropWrittenZero(path string, want, got object) {
	holder, field := lastStep(path)
	for _, place := range sites(want, holder) {
		in := asObject(place.resolve(want, holder))
		if isZero(in[field]) && place.resolve(got, path) == nil {
			delete(in, field)
		}
	}
}

// removeComputed removes from objects of the kind what the table only describes.
func (t table) removeComputed(kind string, objects ...object) {
	for _, r := range t.Rows {
		if r.Computed == "" || r.apiKind() != kind {
			continue
		}
		for _, o := range objects {
			remove(o, r.Path)
		}
	}
}

// dropCopiedAbsence removes from an object that was refused the zero values that were copied from a missing field.
func dropCopiedAbsence(r row, got object) {
	holder, field := lastStep(r.Path)
	for _, place := range sites(got, holder) {
		in := asObject(place.resolve(got, holder))
		if source := place.resolve(got, r.From); isZero(in[field]) && (source == nil || isZero(source)) {
			delete(in, field)
		}
	}
}

// dropEncodedAbsence removes from an object that was refused the zero values that stand for missing required fields.
func dropEncodedAbsence(s *shape, want, got any) {
	if s == nil {
		return
	}
	switch got := got.(type) {
	case object:
		expected := asObject(want)
		for _, name := range sortedKeys(got) {
			field := s.entry
			if field == nil {
				field = s.fields[name]
			}
			if s.required[name] && isZero(got[name]) {
				delete(got, name)
				delete(expected, name)
				continue
			}
			dropEncodedAbsence(field, expected[name], got[name])
		}
	case []any:
		expected, _ := want.([]any)
		for i := range min(len(got), len(expected)) {
			dropEncodedAbsence(s.item, expected[i], got[i])
		}
	}
}

// difference returns an error that names the first path at which the values differ.
func difference(path string, want, got any) error {
	switch want := want.(type) {
	case object:
		if got, is := got.(object); is {
			names := slices.Compact(slices.Sorted(slices.Values(append(sortedKeys(want), sortedKeys(got)...))))
			for _, name := range names {
				if err := difference(child(path, name), want[name], got[name]); err != nil {
					return err
				}
			}
			return nil
		}
	case []any:
		if got, is := got.([]any); is && len(got) == len(want) {
			for i := range want {
				if err := difference(fmt.Sprintf("%s[%d]", path, i), want[i], got[i]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if reflect.DeepEqual(want, got) {
		return nil
	}
	return fmt.Errorf("%s: the table gives %s, the API server %s", path, orAbsent(want), orAbsent(got))
}

func orAbsent(value any) string {
	if value == nil {
		return "nothing"
	}
	return encoded(value)
}
