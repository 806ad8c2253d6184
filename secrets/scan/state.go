package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// isState tells whether the file is a state of Terraform, which holds every attribute of
// every resource in the clear.
func (s *scanner) isState() bool {
	name := strings.ToLower(s.file.Path)
	return strings.HasSuffix(name, ".tfstate") || strings.Contains(name, ".tfstate.")
}

// instances walks the instances of a resource: what its provider calls sensitive is a
// secret whatever its name is, and so is what a random_password has drawn.
func (w *walker) instances(resource string, n *manifest.Node, st state) {
	w.items(n, func(_ int, instance *manifest.Node) {
		if instance.Kind != manifest.Map {
			return
		}
		secret := sensitiveAttributes(instance.Get("sensitive_attributes"))
		if resource == "random_password" {
			secret["result"] = true
		}
		w.fields(instance, func(child *manifest.Node) {
			switch {
			case child.Key == "sensitive_attributes":
			case child.Key != "attributes" || child.Kind != manifest.Map:
				w.node(child, w.below(child, st))
			default:
				w.fields(child, func(attribute *manifest.Node) {
					if secret[attribute.Key] && attribute.Kind == manifest.String {
						w.secretValue(attribute, attribute.Key, st)
						return
					}
					w.plainField(shape{}, st, attribute)
				})
			}
		})
	})
}

// sensitiveAttributes reads the paths of attributes, each a list of steps, that are one
// step long.
func sensitiveAttributes(n *manifest.Node) map[string]bool {
	names := map[string]bool{}
	if n == nil {
		return names
	}
	for i := range n.Items {
		if steps := &n.Items[i]; steps.Kind == manifest.List && len(steps.Items) == 1 {
			names[steps.Items[0].Get("value").Str()] = true
		}
	}
	return names
}

// secretValue judges a value that is said to be secret by something else than its key.
func (w *walker) secretValue(n *manifest.Node, key string, st state) {
	if w.textInside(n, key, st) {
		return
	}
	if w.judge(n, value{key: key, path: "password", text: n.Text, raw: n.Text}, st) {
		w.noteTokens(n)
		return
	}
	w.tokensIn(n, key, st)
}
