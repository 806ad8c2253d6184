package gatehouse.secret_missing_test

import data.gatehouse.secret_missing as policy

deployment(spec) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"template": {"spec": spec}},
}

env(reference) := deployment({"containers": [{"name": "web", "envFrom": [{"secretRef": reference}]}]})

tree(objects) := {"cluster": {}, "namespace": {"shop": objects}}

kept := {"bitnami.com/v1alpha1": {"SealedSecret": {"database": {"metadata": {"name": "database", "namespace": "shop"}, "spec": {"encryptedData": {}}}}}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"everywhere": false}} with data.inventory as inventory
}

anywhere(object, inventory) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"everywhere": true}} with data.inventory as inventory
}

test_missing if {
	some result in found(env({"name": "databse"}), tree(kept))
	result.msg == "the pod needs the Secret databse, and nothing in the tree makes it"
	result.field == "spec.template.spec.containers[0].envFrom[0].secretRef.name"
}

test_sealed if count(found(env({"name": "database"}), tree(kept))) == 0

test_optional if count(found(env({"name": "databse", "optional": true}), tree(kept))) == 0

test_every_place_that_names_one if {
	places := {
		"spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name": {"containers": [{"name": "a", "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "x"}}}]}]},
		"spec.template.spec.volumes[0].secret.secretName": {"containers": [], "volumes": [{"name": "v", "secret": {"secretName": "gone"}}]},
		"spec.template.spec.volumes[0].projected.sources[0].secret.name": {"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "gone"}}]}}]},
	}
	every field, spec in places {
		{result.field | some result in found(deployment(spec), tree(kept))} == {field}
	}
}

test_quiet_where_no_secrets_are_kept if {
	count(found(env({"name": "database"}), tree({}))) == 0
	count(anywhere(env({"name": "database"}), tree({}))) == 1
}

test_secrets_of_another_namespace if {
	inventory := {"cluster": {}, "namespace": {"other": kept}}
	count(found(env({"name": "database"}), inventory)) == 0
	count(anywhere(env({"name": "database"}), inventory)) == 1
}

test_what_makes_a_secret if {
	makers := [
		{"v1": {"Secret": {"wanted": {}}}},
		{"external-secrets.io/v1": {"ExternalSecret": {"wanted": {"metadata": {"name": "wanted"}, "spec": {}}}}},
		{"external-secrets.io/v1beta1": {"ExternalSecret": {"x": {"metadata": {"name": "x"}, "spec": {"target": {"name": "wanted"}}}}}},
		{"secrets.hashicorp.com/v1beta1": {"VaultStaticSecret": {"x": {"metadata": {"name": "x"}, "spec": {"destination": {"name": "wanted"}}}}}},
		{"cert-manager.io/v1": {"Certificate": {"x": {"metadata": {"name": "x"}, "spec": {"secretName": "wanted"}}}}},
		{"isindir.github.com/v1alpha3": {"SopsSecret": {"x": {"metadata": {"name": "x"}, "spec": {"secretTemplates": [{"name": "wanted"}]}}}}},
		{"secrets-store.csi.x-k8s.io/v1": {"SecretProviderClass": {"x": {"metadata": {"name": "x"}, "spec": {"secretObjects": [{"secretName": "wanted"}]}}}}},
		{"networking.k8s.io/v1": {"Ingress": {"x": {"metadata": {"annotations": {"cert-manager.io/cluster-issuer": "a"}}, "spec": {"tls": [{"secretName": "wanted"}]}}}}},
		{"example.org/v1": {"Database": {"x": {"metadata": {"name": "x"}, "spec": {"credentials": {"secret": "wanted"}}}}}},
	]
	every maker in makers {
		count(anywhere(env({"name": "wanted"}), tree(maker))) == 0
		count(anywhere(env({"name": "other"}), tree(maker))) == 1
	}
}

test_made_for_several_namespaces if {
	spread := {"metadata": {"name": "x"}, "spec": {"externalSecretName": "wanted"}}
	inventory := {"cluster": {"external-secrets.io/v1": {"ClusterExternalSecret": {"x": spread}}}, "namespace": {}}
	count(anywhere(env({"name": "wanted"}), inventory)) == 0
	replicated := {"metadata": {"name": "wanted", "annotations": {"replicator.v1.mittwald.de/replicate-to": "shop"}}}
	copied := {"cluster": {}, "namespace": {"vault": {"v1": {"Secret": {"wanted": replicated}}}}}
	count(anywhere(env({"name": "wanted"}), copied)) == 0
}

test_generated if {
	kustomization := {"secretGenerator": [{"name": "wanted"}]}
	inventory := {"cluster": {"kustomize.config.k8s.io/v1beta1": {"Kustomization": {"k": kustomization}}}, "namespace": {}}
	count(found(env({"name": "wanted"}), inventory)) == 0
	count(found(env({"name": "other"}), inventory)) == 1
}

test_quiet_where_an_operator_or_chart_may_make_it if {
	cluster := {"metadata": {"name": "database"}, "spec": {}}
	postgres := tree(object.union(kept, {"postgresql.cnpg.io/v1": {"Cluster": {"orders": {"metadata": {"name": "orders"}, "spec": {}}}}}))
	count(found(env({"name": "orders-app"}), postgres)) == 0
	count(found(env({"name": "payments-app"}), postgres)) == 1
}

test_a_pod_without_a_written_namespace if {
	object := json.remove(env({"name": "databse"}), ["/metadata/namespace"])
	count(found(object, tree(kept))) == 1
}

test_quiet_for_variables_and_without_a_tree if {
	count(found(env({"name": "{{ .name }}"}), tree(kept))) == 0
	count(policy.deny) == 0 with input as {"object": env({"name": "gone"})}
}
