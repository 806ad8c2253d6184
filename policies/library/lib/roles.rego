# METADATA
# title: Roles and what they grant
# description: The rules of roles that people wrote; those that Kubernetes brings itself are left alone.
package gatehouse.lib.roles

# bearing holds for roles. It is read statically.
bearing if input.object.kind in {"ClusterRole", "Role"}

# written are the rules of a role by their index.
written := input.object.rules if {
	startswith(input.object.apiVersion, "rbac.authorization.k8s.io/")
	not ours
}

# ours holds for what Kubernetes brings itself.
ours if own_name(input.object.metadata.name)

ours if input.object.metadata.labels["kubernetes.io/bootstrapping"]

own_name("cluster-admin")

own_name(name) if startswith(name, "system:")

# unbounded holds for a rule that is not for single objects.
unbounded(rule) if count(object.get(rule, "resourceNames", [])) == 0
