package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// pair walks a map in which a name and a value stand side by side: an environment
// variable of a container of any kind, a parameter of Tekton, Argo, OpenShift or
// CloudFormation.
func (w *walker) pair(n *manifest.Node, s shape, st state) {
	own := st
	if own.place == Setting {
		own.place = Env
	}
	w.fields(n, func(child *manifest.Node) {
		if isValueKey(child.Key) && (child.Kind == manifest.String || child.Kind == manifest.Number) {
			w.namedAs(child, s.name.Text, own)
			return
		}
		if isNameKey(child.Key) && child.Kind == manifest.String {
			w.tokensIn(child, child.Key, own)
			return
		}
		w.plainField(shape{}, st, child)
	})
}

// list walks the items of a list. The words of a command line are judged together.
func (w *walker) list(n *manifest.Node, st state) {
	if w.listed && len(w.steps) == 1 && w.steps[0].key == "items" {
		return
	}
	if n.Key != "" {
		st.key = short(n.Key)
	}
	if (isCommandLine(n) || n.Key == "" && (st.key == "runcmd" || st.key == "bootcmd")) && !st.quiet {
		w.words(n, nil, st)
		return
	}
	if n.Key == "secrets" && st.in != secrets.Held {
		w.names(n, st)
		return
	}
	w.items(n, func(_ int, item *manifest.Node) { w.node(item, st) })
}

// names walks a list under "secrets", in which texts are names of Secrets, as in a
// ServiceAccount and a compose file.
func (w *walker) names(n *manifest.Node, st state) {
	w.items(n, func(_ int, item *manifest.Node) {
		if item.Kind == manifest.String && !strings.Contains(item.Text, "=") {
			w.tokensIn(item, n.Key, st)
			return
		}
		w.node(item, st)
	})
}
