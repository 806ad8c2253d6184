# METADATA
# title: Image is changed by someone other than the release bot
# description: A new image comes from a user who is not listed as one who may release.
# custom:
#   id: image-changed-by-other
#   severity: error
#   category: policy
#   default_on: false
#   parameters:
#     users: []
#   example:
#     userInfo: {username: mallory}
#     parameters:
#       users: [release-bot, "system:serviceaccount:flux-system:*"]
#   why: |
#     Where a pipeline builds, tests, signs and then writes the new tag, a tag that is written by hand
#     has passed none of it.
#
#     The parameter `users` lists who may, with `*` for anything; without it nothing is found. On a pull
#     request that is its author, and whoever pushed to it last; in the cluster the user of the request.
#   fix: |
#     Let the bot make the change, or add the user to the parameter `users`. For an emergency there is
#     the break-glass approval.
package gatehouse.image_changed_by_other

import data.gatehouse.lib.pods

deny contains {"msg": msg, "field": field} if {
	pods.bearing
	input.operation == "UPDATE"
	restricted
	some path, spec in pods.specs
	old := object.get(input.oldObject, split(path, "."), {})
	some list in pods.lists
	some i, container in spec[list]
	container.image
	some before in old[list]
	before.name == container.name
	before.image != container.image
	msg := sprintf("%s changes the image of the container %s from %s to %s", [who, container.name, before.image, container.image])
	field := pods.field(path, list, i, ".image")
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Component", "Kustomization"}
	input.operation == "UPDATE"
	startswith(input.object.apiVersion, "kustomize.config.k8s.io/")
	restricted
	some i, image in input.object.images
	some before in input.oldObject.images
	before.name == image.name
	some key in ["newTag", "digest", "newName"]
	object.get(before, key, "") != object.get(image, key, "")
	msg := sprintf("%s changes %s of the image %s from %q to %q", [who, key, image.name, object.get(before, key, ""), object.get(image, key, "")])
	field := sprintf("images[%d].%s", [i, key])
}

restricted if {
	count(input.parameters.users) > 0
	every user in input.parameters.users { not named(user) }
}

# The name of an app on GitHub ends in [bot], which is no pattern.
named(user) if user == who

named(user) if glob.match(user, null, who)

who := input.userInfo.username
