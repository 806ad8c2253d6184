package policies

import (
	"path"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// dataFor is what a namespace reads under data: where it asks for the file that is
// judged, with that. Folders are those of the repository, from a slash on, so that a
// policy says the same wherever the repository lies.
func (j *judge) dataFor(n *conftest.Namespace, d *manifest.Document) rego.Data {
	if !n.AsksFile {
		return j.set.base
	}
	dir := path.Dir(d.File)
	return conftest.WithFile(j.set.data, path.Base(d.File), path.Join("/", dir))
}

// ruleNeeds is what the rules of a namespace need besides the object.
func ruleNeeds(n *conftest.Namespace) []checks.Need {
	if n.AsksFile {
		return []checks.Need{checks.NeedPath}
	}
	return nil
}
