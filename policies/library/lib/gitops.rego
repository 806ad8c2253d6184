# METADATA
# title: Objects of Flux and Argo CD
# description: |
#   The parts of the objects of delivery tools that several policies look at, and what a
#   version must look like to stay the same.
package gatehouse.lib.gitops

# applications are the applications of Argo CD in the object, by their path: itself, or
# the template of an ApplicationSet.
applications["spec"] := input.object.spec if {
	argo
	input.object.kind == "Application"
}

applications["spec.template.spec"] := input.object.spec.template.spec if {
	argo
	input.object.kind == "ApplicationSet"
}

argo if startswith(input.object.apiVersion, "argoproj.io/")

# sources are the sources of the applications, by their path.
sources[concat("", [path, ".source"])] := application.source if some path, application in applications

sources[sprintf("%s.sources[%d]", [path, i])] := source if {
	some path, application in applications
	some i, source in application.sources
}

# flux holds for an object of a controller of Flux.
flux if endswith(split(input.object.apiVersion, "/")[0], ".toolkit.fluxcd.io")

# exact holds for a version that names one release and no range.
exact(version) if regex.match(`^\s*=?\s*v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?\s*$`, version)

# filled holds for a text in which something is filled in later.
filled(text) if regex.match(`\$[({]|\{\{`, text)

# remote holds for a resource of kustomize that is fetched.
remote(item) if contains(item, "://")

remote(item) if regex.match(`^(git@|[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|io|net|dev)[:/])`, item)
