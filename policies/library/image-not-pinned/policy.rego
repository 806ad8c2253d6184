# METADATA
# title: Image is not pinned
# description: |
#   An image has no tag, a tag that moves, or not the kind of tag that is asked for: in a
#   pod, in the `images` of a kustomization, or in the values of a HelmRelease.
# custom:
#   id: image-not-pinned
#   severity: warning
#   category: policy
#   why: >-
#     An image without a tag means `latest`, and `latest` means whatever was pushed last. Two Pods of one
#     Deployment then run different code, a rollback brings back nothing, and what runs changes without a
#     commit and without a review.
#   fix: >-
#     Name the version: `registry.example.org/shop/web:6.9.1`, or better the digest beside it,
#     `…/web:6.9.1@sha256:…`, which nobody can move.
#   parameters:
#     # tag: a tag that is none of the floating ones. digest: a digest. semver: a tag
#     # such as 1.4.2 or v1.4.2-alpine. commit-sha: a tag that holds a commit, such as
#     # main-1a2b3c4. A digest satisfies all of them.
#     require: tag
#     # What is required in an environment, by its name, instead of the above.
#     environments: {}
#     # Tags that move.
#     floating: [latest]
package gatehouse.image_not_pinned

import data.gatehouse.lib.images
import data.gatehouse.lib.patches
import data.gatehouse.lib.pods

# METADATA
# scope: rule
# custom:
#   asked_where: image has no fixed version
deny contains {
	"msg": concat(" ", ["the image", image, fault]),
	"brief": concat(" ", ["the image", fault]),
	"field": pods.field(path, list, i, ".image"),
	"unless": (patches.inside(container, "image") | elsewhere(image)),
} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	image := container.image
	image != ""
	not pinned(image)
	fault := of(images.tag(image))
	not images.unknown(image)
}

deny contains {
	"msg": concat(" ", ["the image", image, fault]),
	"brief": concat(" ", ["the image", fault]),
	"field": field,
	"unless": elsewhere(image),
} if {
	pods.bearing
	some field, image in images.mounted
	not pinned(image)
	fault := of(images.tag(image))
	not images.unknown(image)
}

deny contains {
	"msg": concat(" ", ["the image", image, fault]),
	"brief": concat(" ", ["the image", fault]),
	"field": field,
	"unless": elsewhere(image),
} if {
	images.working
	some field, image in images.worked
	not pinned(image)
	fault := of(images.tag(image))
	not images.unknown(image)
}

deny contains {
	"msg": concat(" ", ["the image", image, fault]),
	"brief": concat(" ", ["the image", fault]),
	"field": field,
	"unless": patches.words("image"),
} if {
	input.object.kind in {"Component", "Kustomization"}
	some field, image in images.retagged
	not pinned(image)
	fault := of(images.tag(image))
	not images.unknown(image)
}

deny contains {
	"msg": concat(" ", ["the image", image, fault]),
	"brief": concat(" ", ["the image", fault]),
	"field": field,
	"unless": patches.words("image"),
} if {
	input.object.kind == "HelmRelease"
	some field, image in images.valued
	not pinned(image)
	fault := of(images.tag(image))
	not images.unknown(image)
}

settles contains patches.of(container, "image") if {
	pods.bearing
	pods.partial
	some spec in pods.specs
	some list in pods.lists
	some container in spec[list]
	pinned(container.image)
}

settles contains word if {
	patches.kustomization
	some word in patches.written
}

# A kustomization, of kustomize or of Flux, gives images a tag by their name.
settles contains pinning(image.name) if {
	patches.kustomization
	some list in [object.get(input.object, "images", []), object.get(input.object, ["spec", "images"], [])]
	some image in list
	object.get(image, "newTag", object.get(image, "digest", "")) != ""
}

elsewhere(image) := {pinning(image)} if input.kustomized == true

elsewhere(_) := set() if not input.kustomized == true

pinning(image) := concat(" ", ["the tag of", images.untagged(image)])

# pinned holds for most images, and is quick: those with a digest, and those with a tag
# where no more is asked for.
pinned(image) if contains(image, "@")

pinned(image) if {
	required == "tag"
	[_, tag] := split(image, ":")
	not contains(tag, "/")
	not tag in input.parameters.floating
}

required := object.get(input.parameters.environments, object.get(input, "environment", ""), input.parameters.require)

# of is what is wrong with an image without a digest by its tag; it is undefined where
# nothing is.
of(_) := sprintf("cannot be judged: the parameter require is %v, and must be tag, digest, semver or commit-sha", [required]) if {
	not required in {"tag", "digest", "semver", "commit-sha"}
}

of(_) := "has no digest" if required == "digest"

of("") := "has no tag, which means latest: what runs changes without a commit" if {
	required in {"tag", "semver", "commit-sha"}
}

of(tag) := sprintf("has the tag %s, which moves: what runs changes without a commit", [tag]) if {
	required in {"tag", "semver", "commit-sha"}
	tag in input.parameters.floating
} else := "has a tag that is no version such as 1.4.2" if {
	required == "semver"
	tag != ""
	not regex.match(`^v?\d+\.\d+\.\d+([-+._][0-9A-Za-z-+._]*)?$`, tag)
} else := "has a tag that holds no commit" if {
	required == "commit-sha"
	tag != ""
	not regex.match(`(^|[-._])[0-9a-f]{7,40}($|[-._])`, tag)
}
