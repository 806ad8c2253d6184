package secrets

// kindOf knows the words of keys, in lower case: those of the field in English,
// and the word for password in some other languages.
func kindOf(w string) wordKind {
	switch w {
	case "value", "values", "val", "data", "string", "str", "text", "plain", "plaintext", "cleartext", "raw", "b64", "base64", "encoded", "decoded", "default",
		"in", "out", "old", "new", "current", "previous", "prev", "next", "initial", "temp", "tmp", "inline", "literal", "content", "contents", "override",
		"stringdata", "config", "conf", "configuration", "spec", "settings", "params", "parameters", "props", "items":
		return neutralWord
	case "yaml", "yml", "json", "properties", "ini", "toml", "xml", "txt", "sh", "sql", "py", "js", "cfg", "cnf", "tpl", "tmpl", "gotmpl", "j2", "erb", "pem", "p12", "pfx",
		"jks", "der", "asc", "gpg", "enc", "tfvars", "bak", "bin", "pkcs12", "keystore", "truststore", "jceks", "bcfks", "ppk", "kdbx":
		return formatWord
	case "password", "passwords", "passwd", "passwds", "passphrase", "passphrases", "passcode", "pwd", "pswd", "psswd", "pass", "pw", "passwort", "kennwort", "passworter",
		"motdepasse", "mdp", "contrasena", "contraseña", "contrasenya", "senha", "chpasswd", "wachtwoord", "haslo", "heslo", "parola", "losenord", "salasana", "adgangskode",
		"rootpw", "bindpw", "userpw", "adminpw", "dbpw", "authtok", "bindcredentials":
		return passwordWord
	case "secret", "secrets", "geheimnis":
		return secretWord
	case "token", "tokens", "authtoken", "jwt", "pat", "accesstoken":
		return tokenWord
	case "credential", "credentials", "cred", "creds", "zugangsdaten":
		return credentialWord
	case "key", "keys", "schlussel":
		return keyWord
	case "auth", "authorization", "authorisation", "masterauth", "basicauth":
		return authWord
	case "bearer", "mnemonic", "htpasswd", "psk", "presharedkey", "pepper", "jaas", "keytab", "netrc", "pgpass", "dockerconfigjson", "dockercfg", "requirepass",
		"apikey", "apikeys", "secretkey", "accesskey", "privatekey", "sshkey", "masterkey", "erlangcookie", "connectionstring", "passwordsalt":
		return hiddenWord
	case "salt", "seed", "dsn", "otp", "totp", "hotp", "license", "licence", "cookie", "hook", "hooks", "webhook", "webhooks", "pin", "sas", "signature":
		return hintWord
	}
	return kindOfPlain(w)
}

func kindOfPlain(w string) wordKind {
	switch w {
	case "access", "account", "api", "app", "application", "client", "consumer", "encryption", "encrypt", "decryption", "decrypt", "cipher", "master", "private", "priv",
		"service", "session", "shared", "preshared", "sign", "signing", "signer", "nonce", "logged", "storage", "subscription", "admin", "deploy", "deployment", "ssh", "rsa", "hmac", "aes",
		"gpgkey", "crypt", "crypto", "ingest", "ingestion", "integration", "write", "root", "unlock", "unseal", "recovery", "vault", "wireguard", "function",
		"registration", "activation", "appsecret", "tls", "ssl", "push", "gcp", "aws", "azure", "backend", "fernet", "jwk", "oauth", "bot",
		"internal", "secure", "security":
		return qualifierWord
	case "public", "publishable", "primary", "foreign", "partition", "sort", "row", "cache", "object", "kms", "lookup", "group", "map", "topology", "hot", "short",
		"shortcut", "routing", "unique", "natural", "node", "idempotency", "shard", "sharding", "dedup", "known", "trusted", "allow", "allowed", "verify", "verifying",
		"verification", "ordering", "locale", "translation", "i18n", "context", "property", "setting", "composite", "join",
		"grouping", "metric", "event", "search", "filter", "column", "param", "dict", "enter", "arrow", "s3", "remote", "taint", "toleration", "release":
		return publicKeyWord
	}
	return kindOfDescribing(w)
}

func kindOfDescribing(w string) wordKind {
	switch w {
	case "user", "server", "login", "host", "region", "namespace", "tenant", "query", "username", "usernames", "usr", "users", "hostname", "hosts", "hostnames", "port", "ports", "address", "addresses", "addr", "endpoint", "endpoints", "servers",
		"zone", "zones", "database", "databases", "db", "dbname", "email", "emails", "mail", "domain", "domains", "issuer", "realm", "realms", "scope", "scopes", "url", "uri",
		"urls", "uris", "bucket", "buckets", "project", "schema", "keyspace", "vhost", "exchange", "topic", "queue", "collection", "role", "roles", "groups", "owner", "org",
		"organization", "organisation", "team", "workspace", "repo", "repository", "branch", "registry", "image", "site", "protocol", "dialect", "driver", "environment",
		"pguser", "pghost", "pgport", "pgdatabase", "dbuser", "dbhost", "dbport", "kid", "fsid", "dn", "basedn", "binddn", "uid", "gid", "clientid", "tenantid", "accountname", "clustername", "bucketname", "servername", "cluster", "datacenter", "timezone",
		"tz", "profile", "broker", "brokers", "bootstrap", "subnet", "vpc", "cidr", "ip", "ips", "proxy", "sslmode", "charset", "audience", "aud", "benutzer", "benutzername",
		"utilisateur", "usuario", "displayname", "firstname", "lastname", "fullname", "channel", "mount", "nameserver", "gateway", "sender", "sid", "arn", "app_name", "debug", "log", "loglevel", "logging", "dc", "from", "to", "cc", "subject":
		return publicWord
	case "crt", "cert", "pub", "cer", "ca", "csr", "crl", "certificate", "certificates", "certs", "cabundle", "cacert", "cacerts", "chain", "fullchain", "bundle", "recipient", "recipients":
		return certificateWord
	case "hash", "digest", "sum", "sha256sum", "sha1sum", "sha512sum", "md5sum", "checksum", "checksums", "fingerprint", "thumbprint", "sha", "sha1", "sha256", "sha512", "md5", "hashes", "etag", "revision", "commit", "verifier":
		return hashWord
	}
	return kindOfTakeBack(w)
}

func kindOfTakeBack(w string) wordKind {
	switch w {
	case "nonsecret", "name", "names", "refs", "reference", "references", "file", "files", "filename", "path", "paths", "dir", "directory", "folder", "location", "id", "ids", "type",
		"types", "method", "methods", "mode", "algorithm", "algorithms", "alg", "algo", "policy", "policies", "length", "len", "size", "min", "max", "minimum", "maximum", "ttl", "expiry", "expires",
		"expiration", "expire", "lifetime", "validity", "age", "duration", "timeout", "interval", "rotation", "rotate", "enabled", "enable", "disabled", "disable", "required", "optional",
		"provider", "providers", "class", "store", "version", "versions", "format", "prefix", "suffix", "var", "vars", "variable", "variables", "regex", "regexp", "pattern", "hint", "reset", "count", "counter",
		"limit", "limits", "labels", "annotations", "headers", "fields", "kind", "template", "templates", "description", "desc", "title", "help", "error", "errors", "status", "state",
		"strength", "complexity", "history", "encoding", "encoder", "generator", "exists", "review", "reviews", "request", "requests", "response", "manager", "volume", "volumes", "mounts", "rule",
		"rules", "authentication", "grant", "grants", "flow", "strategy", "change", "changed", "update", "updated", "created", "date", "time", "timestamp", "at", "by", "source",
		"sources", "target", "targets", "metadata", "number", "num", "level", "priority", "replicas", "retries", "attempts", "controller", "operator", "engine",
		"plugin", "handler", "services", "list", "option", "options", "schemas", "usage", "prompt", "placeholder", "comment", "comments", "note", "notes", "documentation",
		"docs", "command", "cmd", "script", "reader", "writer", "sync", "syncer", "injector", "mapper", "rounds", "iterations", "caching", "supported", "needed", "visible", "readonly",
		"used", "index", "quality", "hashers", "hasher", "validators", "validator", "label", "annotation", "selector", "field", "header", "env", "ref", "tag", "message", "order", "range", "indices", "position", "offset", "protected", "protection", "pathprefix", "dialog", "screen", "page", "form", "input", "button", "link", "icon", "color", "language", "lang":
		return describingWord
	}
	return kindOfSetting(w)
}

func kindOfSetting(w string) wordKind {
	switch w {
	case "replicaset", "mac", "currency", "country", "company", "center", "centre", "curve", "instance", "flavor", "flavour", "os", "arch", "architecture", "platform", "separator", "delimiter", "attribute", "attributes", "theme",
		"nameservers", "interface", "iface", "alias", "keyring", "feature", "features", "flags", "vendor", "brand", "city", "street", "phone", "department", "tier", "plan", "edition", "room", "vlan", "asn", "mtu", "device", "filesystem",
		"shell", "homedir", "umask", "compression", "partitions", "shards", "locales", "units", "unit", "weight", "height", "width", "threshold", "percentage", "factor", "ratio", "capacity", "quota":
		return plainWord
	}
	return unknownWord
}
