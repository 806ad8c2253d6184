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
import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, list, i, ".image")} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	image := container.image
	image != ""
	not pinned(image)
	message := fault(image, images.tag(image))
	not images.unknown(image)
}

deny contains {"msg": message, "field": field} if {
	images.bearing
	some field, image in images.named
	not pinned(image)
	message := fault(image, images.tag(image))
	not images.unknown(image)
}

deny contains {"msg": message, "field": field} if {
	images.tagging
	some field, image in images.tagged
	not pinned(image)
	message := fault(image, images.tag(image))
	not images.unknown(image)
}

# pinned holds for most images, and is quick: those with a digest, and those with a tag
# where no more is asked for.
pinned(image) if contains(image, "@")

pinned(image) if {
	required == "tag"
	[_, tag] := split(image, ":")
	not contains(tag, "/")
	not tag in input.parameters.floating
}

deny contains {"msg": message, "field": "metadata.name"} if {
	images.bearing
	not required in {"tag", "digest", "semver", "commit-sha"}
	message := sprintf("the parameter require of image-not-pinned is %v: it must be tag, digest, semver or commit-sha", [required])
}

required := object.get(input.parameters.environments, object.get(input, "environment", ""), input.parameters.require)

# fault is what is wrong with an image without a digest; it is undefined where
# nothing is.
fault(image, _) := sprintf("the image %s has no digest", [image]) if required == "digest"

fault(image, "") := sprintf("the image %s has no tag, which means latest: what runs changes without a commit", [image]) if {
	required != "digest"
}

fault(image, tag) := sprintf("the image %s has the tag %s, which moves: what runs changes without a commit", [image, tag]) if {
	required != "digest"
	tag in input.parameters.floating
} else := sprintf("the tag of the image %s is no version such as 1.4.2", [image]) if {
	required == "semver"
	tag != ""
	not regex.match(`^v?\d+\.\d+\.\d+([-+._][0-9A-Za-z-+._]*)?$`, tag)
} else := sprintf("the tag of the image %s holds no commit", [image]) if {
	required == "commit-sha"
	tag != ""
	not regex.match(`(^|[-._])[0-9a-f]{7,40}($|[-._])`, tag)
}
