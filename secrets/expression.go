package secrets

import "strings"

// expression tells a piece of code that stands for a value: a reference of
// Terraform, a look-up in the environment, a field of an object. What it falls back
// on is visited.
func expression(v string, in Context, visit func(literal string)) bool {
	if isFunctionOfARM(v) {
		return true
	}
	if len(v) < 4 || len(v) > maxVariable || !isLetter(v[0]) && v[0] != '.' && v[0] != '!' || strings.ContainsAny(v, "\n") {
		return false
	}
	if isResource(v) || isIntrinsic(v) {
		return true
	}
	n := 0
	for n < len(v) && (isAlnum(v[n]) || strings.IndexByte("_.:?", v[n]) >= 0) {
		n++
	}
	name := strings.TrimRight(v[:n], "?:.")
	rest := strings.TrimSpace(v[n:])
	known := isEnvironment(name)
	switch {
	case name == "" || !isIdentifier(strings.ReplaceAll(name, "::", ".")):
		return false
	case rest == "":
		return known && strings.Contains(name, ".") && isNameOfCode(name) && (in != Held || isOutside(name))
	case rest[0] == '(' && strings.LastIndexByte(rest, ')') > 0, rest[0] == '[' && strings.LastIndexByte(rest, ']') > 0:
		if !known && (in == Held || !isCall(rest) || !isNameOfCode(name)) {
			return false
		}
	case known && strings.Contains(name, ".") && (strings.HasPrefix(rest, "||") || strings.HasPrefix(rest, "??") || strings.HasPrefix(rest, "or ") || strings.HasPrefix(rest, "? ")):
	default:
		return false
	}
	quotedFallbacks(v, false, visit)
	return true
}

// isFunctionOfARM tells an expression of a template of Azure Resource Manager: a call in
// square brackets.
func isFunctionOfARM(v string) bool {
	if len(v) < 5 || v[0] != '[' || v[len(v)-1] != ']' {
		return false
	}
	name, rest, found := strings.Cut(v[1:len(v)-1], "(")
	if !found || !strings.Contains(rest, ")") {
		return false
	}
	switch name {
	case "parameters", "variables", "listKeys", "listSecrets", "listCredentials", "listAccountSas", "reference", "resourceId", "concat", "format", "if", "uniqueString", "guid", "newGuid", "base64", "toLower", "toUpper", "take", "substring",
		"string", "json", "coalesce", "copyIndex", "subscription", "resourceGroup", "deployment", "environment", "first", "union", "split", "replace", "createObject", "utcNow", "list":
		return true
	}
	return false
}

// isOutside tells the names of programs under which stands what is given to them from
// outside: process.env.X. In a place for secrets any other words with dots may be a
// password.
func isOutside(name string) bool {
	for _, prefix := range []string{"process.env.", "env.", "ENV.", "os.environ", "Values.", "import.meta.env."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// isNameOfCode tells names with dots between them as people write them in programs:
// words that begin with a letter, with digits at most at their end.
func isNameOfCode(v string) bool {
	for segment := range strings.SplitSeq(v, ".") {
		segment = strings.Trim(segment, "_")
		if segment == "" || !isLetter(segment[0]) || strings.Contains(segment, "__") || looksRandom(segment) {
			return false
		}
		breaks := 0
		for i := 1; i < len(segment); i++ {
			if isDigit(segment[i-1]) && isLetter(segment[i]) || i > 1 && isUpper(segment[i]) && isLower(segment[i-1]) && isUpper(segment[i-2]) {
				breaks++
			}
		}
		if breaks > 1 || breaks == 1 && len(segment) < 8 {
			return false
		}
	}
	return true
}

// isResource tells a reference of Terraform: var.x, data.a.b.c, aws_thing.x.y.
func isResource(v string) bool {
	if !isOnly(v, func(c byte) bool { return isAlnum(c) || strings.IndexByte("_.-[]*\"", c) >= 0 }) || looksRandom(v) {
		return false
	}
	first, rest, found := strings.Cut(v, ".")
	if !found || rest == "" || !isLetter(rest[0]) && rest[0] != '_' {
		return false
	}
	switch first {
	case "var", "local", "module", "each", "path", "terraform", "data", "dependency", "inputs", "output":
		return isWordy(v)
	}
	provider, _, found := strings.Cut(first, "_")
	return found && isTerraformProvider(provider) && isIdentifier(first) && strings.ToLower(first) == first && strings.Contains(rest, ".") && isWordy(v)
}

// isTerraformProvider knows the first words of the types of resources: the names of
// the providers that are most used.
func isTerraformProvider(w string) bool {
	switch w {
	case "aws", "awscc", "azurerm", "azuread", "azapi", "azuredevops", "google", "kubernetes", "helm", "kubectl", "random", "tls", "vault", "null", "local", "external", "http", "template", "archive", "time", "terraform",
		"digitalocean", "cloudflare", "github", "gitlab", "hcloud", "linode", "scaleway", "ovh", "vultr", "exoscale", "oci", "ibm", "alicloud", "tencentcloud", "yandex", "openstack", "vsphere", "nutanix", "proxmox", "libvirt",
		"consul", "nomad", "boundary", "hcp", "tfe", "okta", "auth0", "keycloak", "onepassword", "bitwarden", "doppler", "infisical", "sops", "acme", "pkcs12", "postgresql", "mysql", "mssql", "mongodbatlas", "snowflake",
		"confluent", "kafka", "rabbitmq", "aiven", "elasticstack", "ec", "opensearch", "redis", "rediscloud", "minio", "datadog", "grafana", "newrelic", "pagerduty", "opsgenie", "sentry", "statuscake", "rancher2", "argocd",
		"flux", "kind", "minikube", "talos", "cloudinit", "databricks", "heroku", "fastly", "ns1", "dnsimple", "equinix", "upstash", "neon", "supabase", "vercel", "netlify", "launchdarkly", "artifactory", "stripe", "tailscale",
		"packer", "ansible", "docker", "lxd", "esxi", "incus", "htpasswd", "ssh", "password", "bcrypt", "pingone", "jetstream", "utils":
		return true
	}
	return false
}

// isIntrinsic tells the functions of CloudFormation.
func isIntrinsic(v string) bool {
	if v[0] != '!' && !strings.HasPrefix(v, "Fn::") {
		return false
	}
	name, _, found := strings.Cut(v[1:], " ")
	switch name {
	case "Ref", "GetAtt", "ImportValue", "FindInMap", "Select", "If", "Join", "Sub", "vault", "reference", "secret", "env", "ENV":
		return found
	}
	return strings.HasPrefix(v, "Fn::")
}

// isEnvironment knows the names of what programs look values up in.
func isEnvironment(name string) bool {
	switch name {
	case "lookup", "hiera", "hiera_hash", "getenv", "env", "ENV", "ENV.fetch", "os.environ", "os.environ.get", "os.getenv", "os.Getenv", "System.getenv", "System.getProperty", "getpass", "file", "sensitive", "nonsensitive",
		"base64encode", "base64decode", "jsondecode", "jsonencode", "Deferred", "Sensitive", "data_bag_item", "chef_vault_item", "node", "search", "Chef::EncryptedDataBagItem.load", "config", "secret", "vault", "vault_lookup",
		"environ.get", "environ", "env.str", "env.get", "get_env", "sops_decrypt_file", "run_cmd", "process.env", "import.meta.env", "Deno.env.get", "input", "gets", "templatefile", "coalesce", "try", "lookupvar", "lookup_var",
		"trocla", "generate_password", "random_password", "credentials", "config.get", "settings.get", "std.extVar", "std.native", "generate", "genPassword", "randAlphaNum", "Env", "decouple.config", "getEnv", "required", "dig", "get", "secretKeyRef",
		"eyaml", "ssm", "resolve", "withCredentials", "binding", "token", "password", "getSecret", "get_secret", "getPassword", "readFile", "fs.readFileSync", "open", "sops":
		return true
	}
	first, _, dotted := strings.Cut(name, ".")
	if !dotted {
		return false
	}
	switch first {
	case "process", "os", "env", "ENV", "config", "secrets", "settings", "this", "self", "props", "params", "credentials", "vault", "inputs", "github", "steps", "options", "opts", "args", "ctx", "context", "vars", "variables",
		"needs", "matrix", "Values", "spec", "conf", "cfg", "app", "values", "global", "hostvars", "ansible", "item", "request", "req", "user", "account", "props_", "environment", "pillar", "grains", "salt", "lookup", "random_password":
		return !looksRandom(name)
	}
	return false
}

// isCall tells brackets with names and quoted texts in them, as calls have them.
func isCall(rest string) bool {
	inner := rest[1:strings.LastIndexAny(rest, ")]")]
	return inner == "" || strings.ContainsAny(inner, "'\"") || isIdentifier(inner) && isWordy(inner)
}
