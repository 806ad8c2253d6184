# METADATA
# title: Namespace does not belong to the environment
# description: The namespace is named after another environment than that of the folder.
# custom:
#   id: namespace-outside-environment
#   severity: warning
#   category: policy
#   default_on: true
#   parameters:
#     patterns: []
#     teams: []
#     ignore: [default, flux-system, argocd, kube-*]
#   example:
#     environment: production
#     environments: [dev, staging, production]
#   why: |
#     An object in the folder of one environment that names the namespace of another was copied and not
#     changed. It is applied to the wrong cluster, or takes the place of what runs in the other one.
#
#     The parameter `patterns` lists how namespaces must look, such as `"{team}-{env}"`: `{env}` is the
#     name of the environment, `{team}` one of the parameter `teams` (any word where that is empty).
#     Without it only a namespace that is named after another configured environment is found.
#   fix: Write the namespace of this environment, or move the file to the folder of the other one.
package gatehouse.namespace_outside_environment

deny contains {"msg": msg, "field": field} if {
	input.environment != ""
	some field, namespace in used
	not ignored(namespace)
	count(object.get(input.parameters, "patterns", [])) == 0
	named_after(namespace, input.environment) == false
	some other in input.environments
	other != input.environment
	named_after(namespace, other)
	msg := sprintf("the namespace %s belongs to the environment %s, and this is %s", [namespace, other, input.environment])
}

deny contains {"msg": msg, "field": field} if {
	input.environment != ""
	some field, namespace in used
	not ignored(namespace)
	patterns := object.get(input.parameters, "patterns", [])
	count(patterns) > 0
	every pattern in patterns { not fits(namespace, pattern) }
	msg := sprintf("the namespace %s does not fit %s in the environment %s", [namespace, concat(" or ", patterns), input.environment])
}

used["metadata.namespace"] := input.object.metadata.namespace

used["metadata.name"] := input.object.metadata.name if {
	input.object.kind == "Namespace"
	input.object.apiVersion == "v1"
}

used["namespace"] := input.object.namespace if startswith(input.object.apiVersion, "kustomize.config.k8s.io/")

used["spec.targetNamespace"] := input.object.spec.targetNamespace if input.object.kind in {"HelmRelease", "Kustomization"}

used["spec.destination.namespace"] := input.object.spec.destination.namespace if input.object.kind == "Application"

ignored(namespace) if {
	some pattern in input.parameters.ignore
	glob.match(pattern, null, namespace)
}

ignored(namespace) if regex.match(`\$[({]|\{\{|^$`, namespace)

# named_after tells whether a namespace is, begins or ends with a name of an environment.
default named_after(_, _) := false

named_after(namespace, environment) if {
	some name in names(environment)
	regex.match(sprintf("^(%s|%s-.*|.*-%s)$", [name, name, name]), namespace)
}

# names are the ways in which an environment is written. A name of one's own has no other.
names(environment) := group if {
	some group in usual
	environment in group
}

names(environment) := {regex.replace(environment, `[^a-z0-9-]`, ".")} if {
	every group in usual { not environment in group }
}

usual := [
	{"dev", "develop", "development"},
	{"test", "testing", "qa"},
	{"int", "integration"},
	{"uat", "acceptance"},
	{"stage", "staging", "stg"},
	{"preprod", "pre-production", "preproduction"},
	{"prod", "production", "prd", "live"},
]

fits(namespace, pattern) if {
	own := names(input.environment)
	escaped := regex.replace(pattern, `[^A-Za-z0-9{}*-]`, ".")
	wild := replace(escaped, "*", ".*")
	named := replace(wild, "{env}", sprintf("(?:%s)", [concat("|", own | {input.environment})]))
	full := replace(named, "{team}", sprintf("(?:%s)", [team]))
	regex.match(sprintf("^%s$", [regex.replace(full, `\{[A-Za-z]+\}`, word)]), namespace)
}

word := `[a-z0-9](?:[-a-z0-9]*[a-z0-9])?`

team := concat("|", input.parameters.teams) if count(object.get(input.parameters, "teams", [])) > 0

team := word if count(object.get(input.parameters, "teams", [])) == 0
