# METADATA
# title: Flux object is written in an API version that Flux has dropped
# description: The controllers of the version of Flux in use do not serve the API version any more.
# custom:
#   id: flux-api-dropped
#   severity: warning
#   category: gitops
#   default_on: true
#   parameters:
#     flux: "2.9"
#   why: |
#     Flux drops old API versions from its definitions. After the upgrade an object that is still
#     written in one is refused, and with it all that is applied together with it. Flux 2.7 dropped
#     `v1beta1` and `v2beta1`, 2.8 `v1beta2` and `v2beta2` of sources, kustomizations and releases,
#     2.9 `v1beta2` of notifications and images.
#
#     The parameter `flux` is the version in use, or the one to which you will upgrade.
#   fix: Write the newer `apiVersion`; `flux migrate -f .` does it for all files of a folder.
package gatehouse.flux_api_dropped

deny contains {"msg": msg, "field": "apiVersion"} if {
	input.object.kind in {
		"Alert", "Bucket", "GitRepository", "HelmChart", "HelmRelease", "HelmRepository", "ImagePolicy",
		"ImageRepository", "ImageUpdateAutomation", "Kustomization", "OCIRepository", "Provider", "Receiver",
	}
	input.object.apiVersion in {
		"helm.fluxcd.io/v1", "helm.toolkit.fluxcd.io/v2alpha1", "helm.toolkit.fluxcd.io/v2beta1",
		"helm.toolkit.fluxcd.io/v2beta2", "image.toolkit.fluxcd.io/v1alpha1", "image.toolkit.fluxcd.io/v1alpha2",
		"image.toolkit.fluxcd.io/v1beta1", "image.toolkit.fluxcd.io/v1beta2", "kustomize.toolkit.fluxcd.io/v1alpha1",
		"kustomize.toolkit.fluxcd.io/v1beta1", "kustomize.toolkit.fluxcd.io/v1beta2",
		"notification.toolkit.fluxcd.io/v1alpha1", "notification.toolkit.fluxcd.io/v1beta1",
		"notification.toolkit.fluxcd.io/v1beta2", "source.toolkit.fluxcd.io/v1alpha1",
		"source.toolkit.fluxcd.io/v1beta1", "source.toolkit.fluxcd.io/v1beta2",
	}
	since := dropped[input.object.apiVersion]
	at_least(input.parameters.flux, since)
	msg := sprintf("Flux %s has dropped %s: write %s", [since, input.object.apiVersion, newer])
}

# dropped is the version of Flux that no longer serves an API version.
# Source: the release notes of Flux 2.0, 2.7, 2.8 and 2.9.
dropped := {
	"helm.fluxcd.io/v1": "2.0",
	"helm.toolkit.fluxcd.io/v2alpha1": "2.0",
	"helm.toolkit.fluxcd.io/v2beta1": "2.7",
	"helm.toolkit.fluxcd.io/v2beta2": "2.8",
	"image.toolkit.fluxcd.io/v1alpha1": "2.0",
	"image.toolkit.fluxcd.io/v1alpha2": "2.0",
	"image.toolkit.fluxcd.io/v1beta1": "2.7",
	"image.toolkit.fluxcd.io/v1beta2": "2.9",
	"kustomize.toolkit.fluxcd.io/v1alpha1": "2.0",
	"kustomize.toolkit.fluxcd.io/v1beta1": "2.7",
	"kustomize.toolkit.fluxcd.io/v1beta2": "2.8",
	"notification.toolkit.fluxcd.io/v1alpha1": "2.0",
	"notification.toolkit.fluxcd.io/v1beta1": "2.7",
	"notification.toolkit.fluxcd.io/v1beta2": "2.9",
	"source.toolkit.fluxcd.io/v1alpha1": "2.0",
	"source.toolkit.fluxcd.io/v1beta1": "2.7",
	"source.toolkit.fluxcd.io/v1beta2": "2.8",
}

newer := "helm.toolkit.fluxcd.io/v2" if input.object.kind == "HelmRelease"

newer := "notification.toolkit.fluxcd.io/v1beta3" if input.object.kind in {"Alert", "Provider"}

newer := concat("", [split(input.object.apiVersion, "/")[0], "/v1"]) if {
	not input.object.kind in {"Alert", "HelmRelease", "Provider"}
}

at_least(version, since) if numbers(version) >= numbers(since)

# numbers are the major and minor version.
numbers(version) := [to_number(major), to_number(minor)] if {
	[major, minor] := array.slice(split(trim_prefix(sprintf("%v", [version]), "v"), "."), 0, 2)
}
