package policies

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A rule of a policy on a Shelf may say in its METADATA, under asked_where, what must be
// true of an object for it to find something, where that cannot be read off the rule and
// most objects are as they should be. It is looked at before Rego is asked, with the
// standard parameters only, and lets through at least what the rule finds, which a test
// holds. One of several is enough.
//
//	container lacks PATH and PATH   a container has none of the fields
//	image has no fixed version      a container's image has no tag, or latest
//	request exceeds limit           a container requests more of something than its limit
//	selector is not met             matchLabels asks for what the template's labels lack
const askedWhere = "asked_where"

// where tells whether an object may be one in which a rule finds something.
type where func(root *manifest.Node) bool

func parseWhere(text string) (where, error) {
	switch text {
	case "image has no fixed version":
		return inContainers(floats), nil
	case "request exceeds limit":
		return inContainers(exceeds), nil
	case "selector is not met":
		return unmet, nil
	}
	if paths, ok := strings.CutPrefix(text, "container lacks "); ok {
		return inContainers(lacking(strings.Split(paths, " and "))), nil
	}
	return nil, fmt.Errorf("unknown %s: %q", askedWhere, text)
}

// inContainers tells whether something holds for a container, wherever it stands.
func inContainers(holds func(container *manifest.Node) bool) where {
	var look where
	look = func(n *manifest.Node) bool {
		for i := range n.Items {
			item := &n.Items[i]
			if isContainers(item.Key) && containsNode(item, holds) || len(item.Items) > 0 && look(item) {
				return true
			}
		}
		return false
	}
	return look
}

func isContainers(key string) bool {
	return key == "containers" || key == "initContainers" || key == "ephemeralContainers"
}

func containsNode(list *manifest.Node, holds func(*manifest.Node) bool) bool {
	for i := range list.Items {
		if holds(&list.Items[i]) {
			return true
		}
	}
	return false
}

// lacking holds for what has none of the fields; false is as good as nothing.
func lacking(paths []string) func(*manifest.Node) bool {
	var steps [][]string
	for _, path := range paths {
		steps = append(steps, strings.Split(strings.TrimSpace(path), "."))
	}
	return func(n *manifest.Node) bool {
		for _, path := range steps {
			if field := n.Lookup(path...); field != nil && (field.Kind != manifest.Bool || field.Text != "false") {
				return false
			}
		}
		return true
	}
}

// floats holds for a container whose image may run something else tomorrow.
func floats(container *manifest.Node) bool {
	image := container.Get("image").Str()
	if strings.Contains(image, "@") {
		return false
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	return !tagged || tag == "" || tag == "latest" || strings.Contains(tag, ":")
}

// exceeds holds for a container that requests more than its limit. What is no quantity is
// for the rule to judge.
func exceeds(container *manifest.Node) bool {
	requests, limits := container.Lookup("resources", "requests"), container.Lookup("resources", "limits")
	if requests == nil || limits == nil {
		return false
	}
	for i := range requests.Items {
		request := &requests.Items[i]
		limit := limits.Get(request.Key)
		if limit == nil || request.Text == limit.Text {
			continue
		}
		most, err := resource.ParseQuantity(limit.Text)
		if err != nil {
			return true
		}
		wanted, err := resource.ParseQuantity(request.Text)
		if err != nil || wanted.Cmp(most) > 0 {
			return true
		}
	}
	return false
}

// unmet holds for a workload whose selector may ask for labels that its pods lack.
func unmet(root *manifest.Node) bool {
	wanted, labels := root.Lookup("spec", "selector", "matchLabels"), root.Lookup("spec", "template", "metadata", "labels")
	if wanted == nil {
		return false
	}
	for i := range wanted.Items {
		label := labels.Get(wanted.Items[i].Key)
		if label == nil || label.Kind != wanted.Items[i].Kind || label.Text != wanted.Items[i].Text {
			return true
		}
	}
	return false
}
