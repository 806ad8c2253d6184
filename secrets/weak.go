package secrets

import "strings"

// isWeak tells whether a literal is one that is guessed first: a default of a
// product, a word of every list, the name of what it is for. key is where it stands.
func isWeak(k *keyWords, v string) bool {
	if len(v) > 48 || strings.ContainsAny(v, "\n\t") {
		return false
	}
	if isDigits(v) {
		return len(v) < 8 || isOneCharacter(v) || strings.HasPrefix("12345678901234567890", v)
	}
	if isOneCharacter(v) || len(v) <= 3 {
		return true
	}
	var buf [48]byte
	plain := plainLetters(buf[:0], v)
	return isGuessed(string(plain)) || isKeyboardWalk(string(plain)) || isOfKnownWords(k, string(plain))
}

// plainLetters appends v in small letters, without punctuation and digits at its
// end, with the letters that stand for others replaced: p@ssw0rd! is password.
func plainLetters(to []byte, v string) []byte {
	end := len(v)
	for end > 0 && !isLetter(v[end-1]) && end > 3 {
		end--
	}
	for i := 0; i < end; i++ {
		switch c := lowerByte(v[i]); c {
		case '0':
			to = append(to, 'o')
		case '1', '!':
			to = append(to, 'i')
		case '3':
			to = append(to, 'e')
		case '4', '@':
			to = append(to, 'a')
		case '5', '$':
			to = append(to, 's')
		case '7':
			to = append(to, 't')
		default:
			if isAlnum(c) {
				to = append(to, c)
			}
		}
	}
	return to
}

// isKeyboardWalk tells neighbours on the keyboard or in the alphabet.
func isKeyboardWalk(v string) bool {
	if len(v) < 4 {
		return false
	}
	for _, row := range []string{"qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "abcdefghijklmnopqrstuvwxyz", "iqaz2wsx", "qazwsx", "iq2weer"} {
		if strings.Contains(row, v) {
			return true
		}
	}
	return false
}

// isOfKnownWords tells a text that is made of nothing but words that are guessed
// first, among them the words of the key: "grafana-admin-password".
func isOfKnownWords(k *keyWords, v string) bool {
	for steps := 0; v != "" && steps < 8; steps++ {
		n := knownPrefix(k, v)
		if n == 0 {
			return len(v) <= 2 && steps > 0
		}
		v = v[n:]
	}
	return v == ""
}

// knownPrefix returns the length of the longest known word at the beginning of v.
func knownPrefix(k *keyWords, v string) int {
	for n := min(len(v), 16); n >= 3; n-- {
		if isGuessed(v[:n]) || isConnective(v[:n]) {
			return n
		}
		for i := range k.count {
			if w := k.words[i]; int(w.to-w.from) == n && string(k.text[w.from:w.to]) == v[:n] {
				return n
			}
		}
	}
	if strings.HasPrefix(v, "my") || strings.HasPrefix(v, "db") || strings.HasPrefix(v, "is") || strings.HasPrefix(v, "in") || strings.HasPrefix(v, "to") || strings.HasPrefix(v, "of") || strings.HasPrefix(v, "me") {
		return 2
	}
	return 0
}

// isConnective tells words that stand beside others in passwords of one's own.
func isConnective(w string) bool {
	switch w {
	case "the", "this", "that", "very", "super", "not", "secure", "strong", "for", "and", "top", "new", "old", "pre", "set", "long", "your", "our", "key", "app", "api", "dev", "local", "prod", "staging", "stage",
		"sso", "web", "site", "server", "client", "service", "cluster", "example", "sample", "please", "change", "with", "from", "java", "store", "keystore", "truststore", "acceptor", "console", "auth", "login", "backend",
		"frontend", "database", "initial", "temp", "temporary", "internal", "external", "some", "random", "string", "value", "must", "least", "characters", "chars", "bytes", "insecure", "unsafe", "only", "use", "more", "than", "cross", "kustomize", "ocp":
		return true
	}
	return false
}

// isGuessed knows the literals that are tried first: what lists of leaked passwords
// begin with, the defaults of products, and their names.
func isGuessed(w string) bool {
	switch w {
	case "password", "passwd", "passwort", "pass", "passw", "passphrase", "pwd", "secret", "secrets", "geheim", "topsecret", "supersecret", "token", "apikey", "credentials", "admin", "administrator",
		"adminadmin", "root", "toor", "user", "username", "users", "guest", "guests", "test", "testing", "tester", "testtest", "demo", "default", "changeme", "changeit", "letmein", "welcome", "hello", "helloworld",
		"world", "monkey", "dragon", "master", "login", "foo", "bar", "baz", "foobar", "foobarbaz", "qux", "abc", "abcd", "abcdef", "xyz", "qwerty", "qwertz", "azerty", "asdf", "asdfgh", "zxcvbn", "qazwsx", "iloveyou",
		"sunshine", "princess", "football", "baseball", "shadow", "superman", "batman", "trustnoi", "starwars", "whatever", "freedom", "michael", "ninja", "mustang", "access", "flower", "summer", "winter", "spring",
		"autumn", "secure", "private", "public", "manager", "system", "sys", "operator", "support", "service", "super", "superuser", "sudo", "wheel", "ubuntu", "debian", "centos", "fedora", "alpine", "vagrant", "pi",
		"raspberry", "docker", "kubernetes", "kube", "kubernetesadmin", "openshift", "rancher", "helm", "argo", "argocd", "flux", "jenkins", "gitlab", "github", "gitea", "gogs", "harbor", "nexus", "artifactory", "sonar", "sonarqube",
		"postgres", "postgresql", "postgre", "pgsql", "mysql", "mariadb", "maria", "redis", "mongo", "mongodb", "mongoadmin", "elastic", "elasticsearch", "kibana", "logstash", "kafka", "zookeeper", "rabbit", "rabbitmq",
		"activemq", "artemis", "amq", "nats", "cassandra", "couchdb", "couchbase", "influx", "influxdb", "grafana", "prometheus", "alertmanager", "loki", "tempo", "thanos", "minio", "minioadmin", "miniostorage", "keycloak", "hydra",
		"dex", "vault", "consul", "nomad", "etcd", "traefik", "nginx", "apache", "tomcat", "wildfly", "jboss", "weblogic", "websphere", "glassfish", "payara", "oracle", "mssql", "sqlserver", "sybase", "clickhouse",
		"cockroach", "timescale", "neoaj", "neo", "arangodb", "dgraph", "airflow", "superset", "metabase", "redash", "hive", "hadoop", "spark", "zeppelin", "jupyter", "jupyterhub", "wordpress", "drupal", "joomla", "moodle",
		"magento", "odoo", "nextcloud", "owncloud", "mattermost", "rocketchat", "zabbix", "nagios", "icinga", "splunk", "graylog", "sentry", "portainer", "pgadmin", "phpmyadmin", "adminer", "drone", "concourse",
		"spinnaker", "tekton", "istio", "linkerd", "longhorn", "rook", "ceph", "gluster", "glusterfs", "quobyte", "storageos", "scaleio", "portworx", "openebs", "velero", "kong", "tyk", "camunda", "temporal", "hasura",
		"strapi", "directus", "ghost", "matomo", "unifi", "ubnt", "cisco", "calvin", "raspberrypi", "homeassistant", "plex", "sonarr", "radarr", "transmission", "memcached", "zipkin", "jaeger", "opensearch", "wazuh",
		"openldap", "ldap", "ldapadmin", "freeipa", "mail", "mailhog", "mailu", "smtp", "ftp", "sftp", "samba", "smb", "nfs", "app", "myapp", "mysecret", "mypass", "mypassword", "mydb", "mydatabase", "myuser", "example",
		"dummy", "fake", "sample", "none", "nopass", "nopassword", "notsecure", "insecure", "unsafe", "unknown", "company", "acme", "contoso", "developer", "devops", "dev", "staging", "production", "prod", "local", "localhost",
		"swordfish", "keyboardcat", "homestead", "promoperator", "passaword", "passawordi", "newpassword", "myroot", "strongpassword", "correcthorsebatterystaple", "opensesame", "sesame", "alibaba", "blank", "empty", "temp", "tempo2", "sa", "bitnami", "octopus", "tiger", "scott", "manage", "postgresadmin", "rootroot",
		"rootpassword", "rootpass", "dbpassword", "dbpass", "dbuser", "userpassword", "userpass", "adminpassword", "adminpass", "testpassword", "testpass", "secretkey", "secretpassword", "secretpass", "accesskey", "mytoken", "mykey",
		"passpass", "muser", "mpass", "alice", "bob", "wonderland", "ssoadmin", "sso", "registry", "wiki", "crypto", "solarwinds", "solarwindsi2e", "blink", "calico", "cilium", "zitadel", "authelia", "authentik":
		return true
	}
	return false
}
