# METADATA
# title: What patches and kustomizations make up for
# description: |
#   Words for something that an object lacks and that stands elsewhere in what kustomize
#   builds: in a patch, or in the kustomization. A rule that finds something missing gives
#   them under unless; a rule named settles gives those that a patch makes up for.
package gatehouse.lib.patches

import data.gatehouse.lib.pods

# words are those by which a patch of the object, or of all of its kind, may be known to
# bring something. There is none where kustomize does not build the file, and a patch is
# not patched.
words(what) := {
	word(what),
	concat("", [input.object.kind, "/* ", what]),
	concat("", [input.object.kind, "/", name, " anything"]),
} if {
	patched
}

words(_) := set() if not patched

patched if {
	input.kustomized == true
	not pods.partial
}

# word is the one that stands for the object itself.
word(what) := concat("", [input.object.kind, "/", name, " ", what])

# inside are the words for something in one container.
inside(container, what) := words(what) | {of(container, what)} if patched

inside(_, _) := set() if not patched

# of is the one that stands for a container of the object.
of(container, what) := concat("", [input.object.kind, "/", name, " ", what, " of ", object.get(container, "name", "")])

name := object.get(input.object, ["metadata", "name"], "")

# kustomization holds for what may hold patches. It is read statically.
kustomization if input.object.kind in {"Component", "Kustomization"}

# brought are the words that a patch settles which stands in a file of its own. What it
# brings is something; whether that is right, the rule that asks for it knows.
brought contains of(container, what) if {
	pods.partial
	some spec in pods.specs
	some list in pods.lists
	some container in spec[list]
	some what in given(container)
}

brought contains word(what) if {
	pods.partial
	some spec in pods.specs
	some what in given(spec)
}

# given are the things that a container, or the spec of a pod, brings.
given(part) := {what |
	some what, path in things
	object.get(part, path, null) != null
}

things := {
	"limits": ["resources", "limits"],
	"requests": ["resources", "requests"],
	"probes": ["readinessProbe"],
	"liveness": ["livenessProbe"],
	"tokens": ["automountServiceAccountToken"],
}

# written are the words that the patches settle which are written in a kustomization, of
# kustomize or of Flux. Of a patch in another file only the name of its target is known.
written contains sprintf("%s %s", [target(patch), what]) if {
	kustomization
	some patch in all
	some what, path in things
	contains(patch.patch, path[count(path) - 1])
}

written contains sprintf("%s %s", [target(patch), word]) if {
	kustomization
	some patch in all
	some word in ["image", "version"]
	contains(patch.patch, word)
}

written contains sprintf("%s anything", [target(patch)]) if {
	kustomization
	some patch in all
	patch.path
	patch.target.name
}

all contains patch if some patch in input.object.patches

all contains patch if some patch in input.object.patchesJson6902

all contains patch if {
	some text in input.object.patchesStrategicMerge
	contains(text, "\n")
	patch := {"patch": text}
}

all contains patch if some patch in input.object.spec.patches

# target is what a patch is for: it says so itself, or is written like it.
target(patch) := sprintf("%s/%s", [patch.target.kind, plain(object.get(patch.target, "name", "*"))]) if patch.target.kind

target(patch) := sprintf("%s/%s", [object.kind, object.metadata.name]) if {
	not patch.target.kind
	object := yaml.unmarshal(patch.patch)
}

# plain is a name; one that is a pattern stands for all.
plain(name) := name if regex.match(`^[A-Za-z0-9.-]+$`, name)

plain(name) := "*" if not regex.match(`^[A-Za-z0-9.-]+$`, name)
