package settings

import (
	"path"
	"strings"
)

// Format is a form in which settings are written.
type Format string

// The formats. Unknown, JSON and YAML have no settings here: the last two are left
// to their parsers.
const (
	Unknown Format = ""
	JSON    Format = "json"
	YAML    Format = "yaml"

	Dotenv     Format = "dotenv"
	Properties Format = "properties"
	INI        Format = "ini"
	Conf       Format = "conf" // directives of servers: "key value", "key = value", nested in braces or not
	Systemd    Format = "systemd"
	TOML       Format = "toml"
	HCL        Format = "hcl"
	XML        Format = "xml"
	SQL        Format = "sql"
	CSV        Format = "csv"
	LDIF       Format = "ldif"
	Markdown   Format = "markdown" // the blocks of code in it

	Shell      Format = "shell"
	PowerShell Format = "powershell"
	Batch      Format = "batch"
	Dockerfile Format = "dockerfile"
	Makefile   Format = "makefile"

	Bicep      Format = "bicep"
	Ruby       Format = "ruby"
	Puppet     Format = "puppet"
	Groovy     Format = "groovy"
	Python     Format = "python"
	PHP        Format = "php"
	JavaScript Format = "javascript"
	Go         Format = "go"
	Java       Format = "java" // and C#, Kotlin, Scala
	Lua        Format = "lua"
	Erlang     Format = "erlang"

	Netrc          Format = "netrc"
	PgPass         Format = "pgpass"
	GitCredentials Format = "git-credentials"
	Htpasswd       Format = "htpasswd"
	Shadow         Format = "shadow"

	Relay  Format = "relay" // users and passwords for other mail servers, of Postfix and Exim
	PPP    Format = "ppp-secrets"
	IPsec  Format = "ipsec-secrets"
	Davfs  Format = "davfs-secrets"
	Fstab  Format = "fstab"
	Radius Format = "radius-users"
	Router Format = "router"     // Cisco's IOS and its like
	Vault  Format = "vault-keys" // what Vault prints when it is set up
)

// readHere tells whether this package reads the format.
func (f Format) readHere() bool { return f != Unknown && f != JSON && f != YAML }

// FormatOf tells the format of a text by its file name, and where that says nothing,
// by what the text looks like.
func FormatOf(name string, text []byte) Format {
	if f, ok := formatOfName(name); ok {
		return settle(f, text)
	}
	return sniff(text)
}

// unread are the endings of texts that hold prose, digests or pictures and are never
// sniffed at.
var unread = map[string]bool{
	".adoc": true, ".html": true, ".htm": true, ".css": true, ".svg": true,
	".lock": true, ".sum": true, ".mod": true, ".pem": true, ".crt": true, ".pub": true, ".asc": true, ".ppk": true, ".rego": true,
	".proto": true, ".graphql": true, ".diff": true, ".patch": true, ".tpl": true, ".log": true,
}

// formatOfName is the format that a file name tells. ok is false where the content
// has to.
func formatOfName(name string) (f Format, ok bool) {
	name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	base := path.Base(name)
	for {
		if f, ok := formatOfBase(name, base); ok {
			return f, true
		}
		short := withoutCopyEnding(base)
		if short == base {
			return Unknown, false
		}
		base = short
	}
}

// withoutCopyEnding takes off an ending that marks a copy or a model of a file.
func withoutCopyEnding(base string) string {
	for _, ending := range []string{".template", ".tmpl", ".example", ".sample", ".dist", ".default", ".j2", ".erb", ".ctmpl", ".bak", ".old", ".orig", ".save", ".swp", ".local", ".enc", ".dec", "~"} {
		if short, ok := strings.CutSuffix(base, ending); ok && short != "" && short != "." {
			return short
		}
	}
	return base
}

func formatOfBase(name, base string) (Format, bool) {
	if f, ok := byBase[base]; ok {
		return f, true
	}
	if f, ok := byLocation(name, base); ok {
		return f, true
	}
	ext := path.Ext(base)
	if f, ok := byExtension[ext]; ok {
		return f, true
	}
	return Unknown, unread[ext]
}

// byLocation tells the formats that a part of the name or its folder tells.
func byLocation(name, base string) (Format, bool) {
	if f, ok := byDaemon(name, base); ok {
		return f, true
	}
	switch {
	case strings.HasPrefix(base, ".envrc"):
		return Shell, true
	case strings.HasPrefix(base, ".env.") || strings.HasPrefix(base, "env."):
		return Dotenv, true
	case strings.HasPrefix(base, "dockerfile") || strings.HasPrefix(base, "containerfile") || strings.HasSuffix(base, ".dockerfile"):
		return Dockerfile, true
	case strings.HasPrefix(base, "jenkinsfile"):
		return Groovy, true
	case strings.HasPrefix(base, "makefile."):
		return Makefile, true
	case strings.HasSuffix(name, ".aws/credentials") || strings.HasSuffix(name, ".aws/config") || strings.HasSuffix(name, ".git/config") || strings.HasSuffix(name, "inventory/hosts"):
		return INI, true
	}
	return Unknown, false
}

var byBase = map[string]Format{
	".env": Dotenv, ".flaskenv": Dotenv, "environment": Dotenv,
	".bashrc": Shell, ".bash_profile": Shell, ".bash_login": Shell, ".bash_aliases": Shell, ".bash_history": Shell, ".profile": Shell,
	".zshrc": Shell, ".zshenv": Shell, ".zprofile": Shell, ".zsh_history": Shell, ".kshrc": Shell, ".ashrc": Shell, ".sh_history": Shell,
	".s3cfg": INI, ".gitconfig": INI, "gitconfig": INI, ".pypirc": INI, ".my.cnf": INI, "my.cnf": INI, ".boto": INI, "credentials": INI, ".credentials": INI,
	".hgrc": INI, ".passwd-s3fs": Unknown, "ansible.cfg": INI, "setup.cfg": INI, "pip.conf": INI, ".npmrc": INI, "npmrc": INI, ".editorconfig": INI,
	"grafana.ini": INI, ".mylogin.cnf": INI, ".mc.cfg": INI, ".oci/config": INI, "odbc.ini": INI, ".odbc.ini": INI,
	"esmtprc": Conf, "msmtprc": Conf, "fetchmailrc": Conf, "muttrc": Conf, ".esmtprc": Conf, ".msmtprc": Conf, ".fetchmailrc": Conf, ".muttrc": Conf, ".yarnrc": Conf, ".htaccess": Conf, "redis.conf": Conf, "nginx.conf": Conf,
	"caddyfile": Conf, "haproxy.cfg": Conf, "monitrc": Conf, ".monitrc": Conf, ".smbcredentials": INI, ".cifs": INI, "sshd_config": Conf, "ssh_config": Conf,
	".netrc": Netrc, "_netrc": Netrc, ".authinfo": Netrc,
	".pgpass": PgPass, "pgpass.conf": PgPass, "pgpass": PgPass,
	".git-credentials": GitCredentials, "git-credentials": GitCredentials,
	".htpasswd": Htpasswd, "htpasswd": Htpasswd, "passwd": Shadow, "shadow": Shadow, "gshadow": Shadow, "proftpdpasswd": Shadow, "shadow-": Shadow, "passwd-": Shadow,
	".dockercfg": JSON, ".ftpconfig": JSON, ".tugboat": YAML,
	"makefile": Makefile, "gnumakefile": Makefile,
	"gemfile": Ruby, "rakefile": Ruby, "vagrantfile": Ruby, "berksfile": Ruby, "fastfile": Ruby, "appfile": Ruby, "podfile": Ruby, "capfile": Ruby, "brewfile": Ruby,
	"pipfile": TOML, "tiltfile": Python, "procfile": Unknown, "license": Unknown, "codeowners": Unknown, "owners": Unknown,
	".gitignore": Unknown, ".dockerignore": Unknown, ".helmignore": Unknown, ".gitattributes": Unknown, "known_hosts": Unknown,
}

var byExtension = map[string]Format{
	".env": Dotenv, ".envrc": Shell,
	".sh": Shell, ".bash": Shell, ".zsh": Shell, ".ksh": Shell, ".ash": Shell, ".fish": Shell, ".bats": Shell,
	".ps1": PowerShell, ".psm1": PowerShell, ".psd1": PowerShell,
	".bat": Batch, ".cmd": Batch,
	".properties": Properties, ".props": Properties, ".jks.properties": Properties,
	".ini": INI, ".cfg": INI, ".cnf": INI, ".inf": INI, ".rdp": INI, ".reg": INI, ".desktop": INI, ".pypirc": INI, ".npmrc": INI, ".hgrc": INI, ".gitconfig": INI, ".credentials": INI, ".s3cfg": INI, ".inventory": INI,
	".conf": Conf, ".config": Conf, ".conf.d": Conf, ".vhost": Conf, ".ovpn": Conf, ".cf": Conf, ".rc": Conf, ".vcl": Conf, ".nginx": Conf, ".acl": Conf, ".res": Conf,
	".service": Systemd, ".socket": Systemd, ".timer": Systemd, ".mount": Systemd, ".container": Systemd, ".kube": Systemd, ".network": Systemd,
	".toml": TOML,
	".tf":   HCL, ".tfvars": HCL, ".hcl": HCL, ".nomad": HCL, ".pkrvars": HCL, ".tofu": HCL, ".tfbackend": HCL,
	".xml": XML, ".xsd": XML, ".plist": XML, ".csproj": XML, ".pubxml": XML, ".publishsettings": XML, ".nuspec": XML, ".resx": XML, ".jelly": XML, ".xaml": XML, ".wsdl": XML,
	".sql": SQL, ".psql": SQL, ".pgsql": SQL, ".mysql": SQL, ".ddl": SQL, ".dump": SQL,
	".csv": CSV, ".tsv": CSV,
	".ldif": LDIF,
	".mk":   Makefile, ".mak": Makefile,
	".rb": Ruby, ".gemspec": Ruby, ".rake": Ruby, ".ru": Ruby, ".cr": Ruby, ".ex": Ruby, ".exs": Ruby,
	".bicep": Bicep, ".bicepparam": Bicep,
	".pp":     Puppet,
	".groovy": Groovy, ".gradle": Groovy, ".jenkinsfile": Groovy, ".jenkins": Groovy,
	".py": Python, ".pyw": Python, ".star": Python, ".bzl": Python, ".cli": Python, ".ipynb": JSON,
	".php": PHP, ".php5": PHP, ".inc": PHP, ".phtml": PHP,
	".js": JavaScript, ".jsx": JavaScript, ".ts": JavaScript, ".tsx": JavaScript, ".mjs": JavaScript, ".cjs": JavaScript, ".vue": JavaScript, ".json5": JavaScript, ".jsonnet": JavaScript, ".libsonnet": JavaScript, ".cue": JavaScript, ".dart": JavaScript, ".http": JavaScript, ".rest": JavaScript,
	".go":   Go,
	".java": Java, ".cs": Java, ".kt": Java, ".kts": Java, ".scala": Java, ".swift": Java, ".c": Java, ".h": Java, ".cpp": Java, ".cc": Java, ".rs": Java, ".m": Java,
	".lua": Lua,
	".erl": Erlang, ".hrl": Erlang,
	".md": Markdown, ".mdx": Markdown, ".markdown": Markdown, ".rst": Markdown,
	".netrc": Netrc, ".pgpass": PgPass, ".htpasswd": Htpasswd,
	".json": JSON, ".jsonl": JSON, ".tfstate": JSON, ".webmanifest": JSON, ".map": JSON, ".jsonc": JavaScript, ".code-workspace": JSON,
	".yaml": YAML, ".yml": YAML, ".eyaml": YAML, ".sls": YAML,
}

// settle chooses between formats that share a name by what the text looks like.
func settle(f Format, text []byte) Format {
	switch f {
	case Conf:
		return confLike(text)
	case INI, Properties, Dotenv:
		if looksLike := opening(text); looksLike == XML || looksLike == JSON {
			return looksLike
		}
		if f == INI && hasDirectives(text) {
			if daemon := ofDaemon(text); daemon == Router {
				return daemon
			}
			return Conf
		}
	case JavaScript:
		if opening(text) == XML {
			return XML
		}
	}
	return f
}
