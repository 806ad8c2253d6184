package main

containers contains c if some c in input.spec.template.spec.containers

is_workload if input.kind in {"Deployment", "StatefulSet", "DaemonSet"}

labels := object.get(input.metadata, "labels", {})

deny_latest contains msg if { is_workload; some c in containers; endswith(c.image, ":latest"); msg := sprintf("%s uses latest", [c.name]) }
deny_no_tag contains msg if { is_workload; some c in containers; not contains(c.image, ":"); msg := sprintf("%s has no tag", [c.name]) }
deny_registry contains msg if { is_workload; some c in containers; not startswith(c.image, "registry.example.com/"); msg := sprintf("%s comes from %s", [c.name, c.image]) }
deny_privileged contains msg if { is_workload; some c in containers; c.securityContext.privileged; msg := sprintf("%s is privileged", [c.name]) }
deny_root contains msg if { is_workload; some c in containers; not c.securityContext.runAsNonRoot; msg := sprintf("%s may run as root", [c.name]) }
deny_escalation contains msg if { is_workload; some c in containers; c.securityContext.allowPrivilegeEscalation != false; msg := sprintf("%s may escalate", [c.name]) }
deny_capabilities contains msg if { is_workload; some c in containers; not "ALL" in c.securityContext.capabilities.drop; msg := sprintf("%s keeps capabilities", [c.name]) }
deny_cpu_limit contains msg if { is_workload; some c in containers; not c.resources.limits.cpu; msg := sprintf("%s has no cpu limit", [c.name]) }
deny_memory_limit contains msg if { is_workload; some c in containers; not c.resources.limits.memory; msg := sprintf("%s has no memory limit", [c.name]) }
deny_cpu_request contains msg if { is_workload; some c in containers; not c.resources.requests.cpu; msg := sprintf("%s has no cpu request", [c.name]) }
deny_memory_request contains msg if { is_workload; some c in containers; not c.resources.requests.memory; msg := sprintf("%s has no memory request", [c.name]) }
deny_liveness contains msg if { is_workload; some c in containers; not c.livenessProbe; msg := sprintf("%s has no liveness probe", [c.name]) }
deny_readiness contains msg if { is_workload; some c in containers; not c.readinessProbe; msg := sprintf("%s has no readiness probe", [c.name]) }
deny_host_network contains msg if { is_workload; input.spec.template.spec.hostNetwork; msg := "no host network" }
deny_host_path contains msg if { is_workload; some v in input.spec.template.spec.volumes; v.hostPath; msg := sprintf("volume %s is of the host", [v.name]) }
deny_replicas contains msg if { input.kind == "Deployment"; input.spec.replicas < 2; msg := "fewer than two replicas" }
deny_selector contains msg if { input.kind == "Deployment"; some k, v in input.spec.selector.matchLabels; input.spec.template.metadata.labels[k] != v; msg := sprintf("the selector %s does not select", [k]) }
deny_secret_env contains msg if { is_workload; some c in containers; some e in c.env; regex.match("(?i)password|token", e.name); e.value; msg := sprintf("%s holds a secret in %s", [c.name, e.name]) }
deny_team contains msg if { not labels.team; msg := "the label team is missing" }
deny_app contains msg if { not labels.app; msg := "the label app is missing" }
deny_namespace contains msg if { object.get(input.metadata, "namespace", "default") == "default"; msg := "not in the namespace default" }
deny_load_balancer contains msg if { input.kind == "Service"; input.spec.type == "LoadBalancer"; msg := "no load balancers" }
deny_node_port contains msg if { input.kind == "Service"; some p in input.spec.ports; p.nodePort; msg := sprintf("no node ports: %d", [p.nodePort]) }
deny_external_ips contains msg if { input.kind == "Service"; count(input.spec.externalIPs) > 0; msg := "no external addresses" }
deny_ssh contains msg if { input.kind == "Service"; some p in input.spec.ports; p.port == 22; msg := "no ssh" }
