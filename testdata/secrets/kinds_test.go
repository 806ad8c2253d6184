package corpus

import (
	"strings"
	"testing"
)

// required are the places, ways of writing and idioms that the corpus has to cover,
// each by the kinds of labels that stand for it.
var required = []struct {
	what    string
	verdict Verdict // "" for any
	kinds   []string
}{
	{"keys of a Secret", Leak, []string{"Secret data", "Secret stringData"}},
	{"public values, hashes and placeholders in a Secret", Notice, []string{"Secret data", "Secret stringData", "Secret placeholder", "Secret argocd-secret"}},
	{"ways of writing a Secret", Leak, []string{
		"Secret in flow style", "Secret in JSON", "Secret in a List", "Secret in a later document", "Secret after long metadata",
		"Secret with its kind last", "Secret with block scalars", "Secret with anchors", "Secret with a key that stands twice",
		"Secret with CRLF line ends", "Secret in UTF-16", "Secret after a byte-order mark", "Secret with comments", "hard: Secret"}},
	{"encodings", Leak, []string{"Secret nested encoding", "ConfigMap binaryData"}},
	{"files within a Secret", Leak, []string{"Secret data: embedded file", "Secret dockerconfigjson", "Secret dockercfg", "Secret tls", "Secret basic-auth",
		"Secret ssh-auth", "Secret service-account-token", "Secret bootstrap token", "Secret argocd-secret", "Secret Argo CD repository"}},
	{"files within a Secret that hold none", Notice, []string{"Secret data: embedded file", "Secret dockerconfigjson", "Secret tls"}},
	{"containers", Leak, []string{"env", "env in JSON", "env with anchors", "args", "probe header", "lifecycle", "annotation"}},
	{"references of containers", Clean, []string{"clean env", "clean annotation", "args"}},
	{"files within a ConfigMap", Leak, []string{"ConfigMap data", "ConfigMap: properties", "ConfigMap: dotenv", "ConfigMap: JSON", "ConfigMap: YAML", "ConfigMap: INI",
		"ConfigMap: XML", "ConfigMap: TOML", "ConfigMap: script", "ConfigMap: SQL", "ConfigMap: redis.conf"}},
	{"public files within a ConfigMap", Clean, []string{"clean ConfigMap", "clean ConfigMap: nginx"}},
	{"kustomize", Leak, []string{"secretGenerator literals", "secretGenerator envs file", "secretGenerator file", "configMapGenerator literals", "configMapGenerator envs file",
		"configMapGenerator file", "JSON6902 patch, inline", "JSON6902 patch file", "strategic merge patch, inline", "strategic merge patch file"}},
	{"Helm", Leak, []string{"Helm values", "Helm values of a subchart", "Helm template", "packed chart", "HelmRelease values", "HelmRelease patch", "helmfile"}},
	{"Helm without a literal", Clean, []string{"Helm values", "clean Helm template", "clean packed chart", "HelmRelease values", "clean JSON schema"}},
	{"GitOps", Leak, []string{"Argo CD helm.parameters", "Argo CD helm.values", "Argo CD helm.valuesObject", "Argo CD kustomize patch", "ApplicationSet", "Flux postBuild",
		"Flux Provider", "GitRepository", "shell default"}},
	{"ciphertexts", Clean, []string{"SealedSecret", "SOPS", "ansible-vault", "eyaml", "encrypted data bag", "age file", "PGP message", "git-crypt", "encrypted key", "dotenvx", "Travis", "Pulumi"}},
	{"plaintext beside ciphertexts", Leak, []string{"SealedSecret plaintext", "SOPS value by hand", "Ansible group_vars", "Chef data bag", "Hiera", "sham ciphertext"}},
	{"configuration as code", Leak, []string{"tfvars", "Terraform", "Terraform heredoc", "CloudFormation", "Ansible playbook", "Ansible inventory", "Ansible host_vars", "Chef attributes",
		"Puppet", "Salt pillar", "Packer", "Pulumi", "Vagrantfile"}},
	{"configuration as code without a literal", Clean, []string{"clean Terraform", "CloudFormation", "Ansible playbook", "Puppet", "Chef attributes"}},
	{"images and pipelines", Leak, []string{"Dockerfile", "compose, map", "compose, list", "GitHub workflow", "GitLab CI", "CircleCI", "Travis", "Drone", "Azure pipelines",
		"Jenkinsfile", "Bitbucket pipelines", "Tekton params", "Argo Workflow parameters", "shell script", "SQL"}},
	{"images and pipelines without a literal", Clean, []string{"Dockerfile", "compose, list", "GitHub workflow", "GitLab CI", "Jenkinsfile", "shell script", "SQL"}},
	{"files of programs", Leak, []string{".env", ".envrc", ".npmrc", ".netrc", ".pgpass", ".pypirc", ".git-credentials", ".my.cnf", ".s3cfg", "AWS credentials", "Docker config",
		"kubeconfig", "gh hosts.yml", "Maven settings.xml", "gradle.properties", "nuget.config", "pip.conf", "WireGuard"}},
	{"settings of programs", Leak, []string{"wp-config.php", "settings.py", "database.yml", "application.properties", "application.yml", "web.config", "appsettings.json",
		"logstash.conf", "fluent.conf", "alertmanager.yml", "prometheus.yml", "grafana.ini", "Kafka server.properties", "redis.conf", "config.js"}},
	{"objects within objects", Leak, []string{"OpenShift Template", "Kyverno generate", "ESO target.template", "ClusterResourceSet", "Crossplane",
		"custom resource with a pod template", "Cluster API", "kubeadm"}},
	{"objects that only refer", Clean, []string{"clean ExternalSecret", "clean SecretProviderClass", "clean Vault", "clean RBAC", "clean custom resource", "clean webhook configuration"}},
	{"references within a Secret", Clean, []string{"clean reference in a Secret"}},
	{"tokens", Leak, []string{"token in text", "token under a neutral key", "token under the name of its service"}},
	{"keys", Leak, []string{"private key file", "private key in a file"}},
	{"public keys and certificates", Clean, []string{"clean public key", "private key file"}},
	{"documentation", Leak, []string{"credential in documentation"}},
	{"placeholders", Notice, []string{"clean documentation", "clean: placeholder", "clean .env", "clean: nearly a token", "Secret placeholder"}},
	{"what looks alike", Clean, []string{"clean CRD schema", "clean OpenAPI", "clean translations", "clean lock file", "clean Prometheus rule", "clean dashboard", "clean object",
		"clean: a name, no value", "clean: a switch, a number, a time", "clean: filled in later", "clean: a digest, an id, a picture", "clean comment", "clean source",
		"clean SQL", "clean: words that look alike", "clean: settings beside secrets", "clean kustomization", "clean Rego", "clean policy", "clean SOPS configuration"}},
	{"words", Leak, []string{"words in Helm values", "words in .env", "words in properties", "words in tfvars", "words in JSON", "words in TOML", "words in INI", "words in env",
		"words in ConfigMap data", "words in configMapGenerator", "words in XML", "words in Dockerfile ENV", "words in Ansible variables", "words in helm.parameters", "words in shell exports"}},
	{"variables of well-known programs", Leak, []string{"variables of programs", "variables of programs: arguments"}},
	{"variables beside them", Clean, []string{"clean: variables of programs", "variables of programs: arguments"}},
	{"statements of SQL in other texts", Leak, []string{"SQL in YAML", "SQL in a ConfigMap", "SQL rows", "SQL in Helm values", "SQL in a command", "SQL in a playbook", "SQL of users"}},
	{"statements that hold none", Clean, []string{"SQL in YAML", "SQL in a ConfigMap", "SQL rows", "clean SQL in YAML"}},
	{"scripts under any key", Leak, []string{"script under any key", "Argo Workflow source", "Tekton script", "GitLab script", "cloud-init", "cloud-init content", "Terraform heredoc with a script", "Terraform heredoc in a call",
		"Drone commands", "compose commands", "scripts in a playbook", "scripts of containers", "scripts in a Jenkinsfile", "password in prose"}},
	{"files of daemons", Leak, []string{"postfix", "exim", "slapd", "nslcd", "sssd", "FreeRADIUS", "FreeRADIUS clients", "asterisk", "ipsec.secrets", "swanctl", "chap-secrets", "pap-secrets", "snmpd", "coturn", "Cisco", "rndc.key", "dhcpd", "prosody",
		"haproxy", "redis.conf", "redis ACL", "sentinel", "mosquitto", "RabbitMQ definitions", "mongod", "wpa_supplicant", "fstab", "davfs2", "smbcredentials", "msmtprc", "fetchmailrc", "my.cnf", "dovecot", "nut", "upsmon", "FRR", "BIRD", "keepalived",
		"PowerDNS", "squid", "icinga2", "bacula", "logstash", "collectd", "fluentd", "monit", "supervisord", "ejabberd", "kickstart"}},
	{"files of daemons that hold none", Clean, []string{"clean postfix", "clean slapd", "clean Cisco", "clean asterisk", "named.conf", "clean daemon"}},
	{"platforms", Leak, []string{"Bicep", "Bicep parameters", "ARM parameters", "ARM template", "Terraform state", "Puppet functions", "OmniAuth", "Devise", ".NET settings", "JWT settings", "Vault keys", "Vault keys in JSON", "Prometheus web config",
		"Prometheus scrape config", "Alertmanager specials", "Grafana data source", "Traefik", "flow maps in a template", "Spring specials"}},
	{"defaults that take effect", Leak, []string{"weak default in env", "weak default in compose", "weak default in properties", "weak default in Helm values", "weak default in Terraform", "weak default in .env", "weak default in a generator", "Secret with defaults"}},
	{"placeholders beside them", Notice, []string{"weak default in env", "weak default in compose", "weak default in properties", "weak default in .env", "keys of emulators", "keys of emulators in .env", "Secret with the key of an emulator"}},
	{"what reads like a secret and is none", Clean, []string{"public key without its type", "references in values", "paths and engines", "ciphertexts of programs", "Secret with references"}},
	{"digests of passwords", Notice, []string{"hashes"}},
	{"values within values", Leak, []string{"hard: URL", "hard: value within a value", "hard: form of a file"}},
}

func TestRequiredKindsAreThere(t *testing.T) {
	have := map[string]bool{}
	families := map[string]bool{}
	for _, f := range generate(t) {
		for _, l := range f.Labels {
			have[l.Kind+"\t"+string(l.Verdict)] = true
			have[l.Kind+"\t"] = true
			if l.Verdict == Leak && strings.HasPrefix(l.Kind, "token ") {
				families[l.Path] = true
			}
		}
	}
	for _, r := range required {
		for _, kind := range r.kinds {
			if !have[kind+"\t"+string(r.verdict)] {
				t.Errorf("%s: no %s of kind %q", r.what, r.verdict, kind)
			}
		}
	}
	if len(families) < 75 {
		t.Errorf("%d families of tokens: at least 75 are wanted", len(families))
	}
}

// TestEveryClassIsThere makes sure that each class stands in some label.
func TestEveryClassIsThere(t *testing.T) {
	have := map[string]int{}
	for _, f := range generate(t) {
		for _, l := range f.Labels {
			have[l.Class]++
		}
	}
	for class := range verdicts {
		if have[class] == 0 {
			t.Errorf("no label of class %q", class)
		}
	}
	t.Log(have)
}
