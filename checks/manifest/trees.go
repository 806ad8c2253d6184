package manifest

import "math"

// ReadTrees reads YAML as Read does, whatever the name of the file, and gives its
// documents as they are written: a List is one tree, and its items are none of their
// own. What cannot be read, and what is no YAML before a template engine has run, is
// Broken.
func ReadTrees(name string, data []byte, lim Limits) (trees []*Node, broken []Broken) {
	if !isYAMLName(name) || isJSONName(name) {
		name += ".yaml"
	}
	f := &File{Path: name}
	if int64(len(data)) > lim.FileBytes {
		return nil, []Broken{{At: Pos{1, 1}, Reason: "the file is larger than the limit", Limit: LimitFileBytes}}
	}
	if formOfBytes(name, data) != "" {
		return nil, []Broken{{At: Pos{1, 1}, Reason: "the file is no text"}}
	}
	f.Text, f.Encoding = toUTF8(data)
	r := fileReader{file: f, limits: lim, faults: faultFinder{left: locateBytes}, readable: math.MaxInt, trees: &trees}
	r.read()
	for _, at := range f.Templated {
		f.Broken = append(f.Broken, Broken{At: at, Reason: "this is a template, and no YAML before an engine has filled it"})
	}
	return trees, f.Broken
}
