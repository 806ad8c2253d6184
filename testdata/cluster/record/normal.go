package main

// normal returns a copy of an object of the kind without what the table is not about: the status, metadata but for the
// name, labels and annotations, fields that are null, and the fields that are left out.
func normal(kind string, o object) object {
	made := withoutNull(o).(object)
	delete(made, "status")
	metadata := asObject(made["metadata"])
	kept := object{}
	for _, name := range []string{"name", "labels", "annotations"} {
		if value, present := metadata[name]; present {
			kept[name] = value
		}
	}
	made["metadata"] = kept
	for _, path := range leftOut()[kind] {
		remove(made, path)
	}
	if annotations, has := kept["annotations"].(object); has && len(annotations) == 0 {
		delete(kept, "annotations")
	}
	for _, path := range droppedEmpty()[kind] {
		if empty, is := (site{}).resolve(made, path).(object); is && len(empty) == 0 {
			remove(made, path)
		}
	}
	return made
}

// remove takes the field away wherever the path leads.
func remove(o object, path string) {
	holder, field := lastStep(path)
	for _, place := range sites(o, holder) {
		in := asObject(place.resolve(o, holder))
		if field == "*" {
			clear(in)
		}
		delete(in, field)
	}
}

// withoutNull copies a value without the fields that are null.
func withoutNull(value any) any {
	switch value := value.(type) {
	case object:
		made := make(object, len(value))
		for name, field := range value {
			if field != nil {
				made[name] = withoutNull(field)
			}
		}
		return made
	case []any:
		made := make([]any, len(value))
		for i, item := range value {
			made[i] = withoutNull(item)
		}
		return made
	}
	return value
}
