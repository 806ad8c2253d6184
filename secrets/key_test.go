package secrets

import "testing"

func TestPromise(t *testing.T) {
	for level, keys := range map[Level][]string{
		Promises: {
			"password", "PASSWORD", "dbPassword", "db_password", "db-password", "DBPassword", "dbpassword", "mysqlrootpassword", "keyStorePassword", "trustStorePassword",
			"jenkins-admin-password", "discovery.sendtargets.auth.password_in", "node.session.auth.password", "PGPASSWORD", "MYSQL_PWD", "MYSQL_ROOT_PASSWORD", "password1", "password2",
			"HASURA_GRAPHQL_ADMIN_SECRET", "AWS_SECRET_ACCESS_KEY", "requirepass", "masterauth", "default_pass", "sasl.jaas.config", "azurestorageaccountkey", "k8svaultapikey",
			"k8swebhookapikey", "k8sgoatvaultkey", "auth.password", "basicAuth.pass", "redis.auth", "rabbitmq.erlangCookie", "passwd", "passphrase", "ssh-passphrase", "clientSecret",
			"client_secret", "webhook.github.secret", "session_secret", "cookieSecret", "token", "authToken", "GITHUB_TOKEN", "apiKey", "api_key", "api-key", "APIKey", "apikey",
			"stripeApiKey", "accessKey", "secretKey", "secret_key", "SECRET_KEY_BASE64", "encryption_key", "jwtSigningKey", "license_key", "licenseKey", "masterKey", "private_key",
			"privateKey", "sharedKey", "subscriptionKey", "storageKey", "webhookKey", "deploy_key", "tls.key", "server.key", "credentials", "dbCredentials", "cookie_secret", "passwort",
			"kennwort", "motdepasse", "contraseña", "db.passwort", "bearer", "htpasswd", "otp_seed", "mnemonic", "spring.datasource.password", "data.password", "stringData.token",
			"password.value", "password.txt", "config.auth.password.value", "user-password", "userPassword", "password-user", "ssoadminpassword", "apiPassword", "rootpass",
			"ldapBindPassword", "bind_pw", "signature_secret", "passwordDb", "AccountKey", "sessionKey", "admin_key", "auth_key", "preshared_key", "psk", ".dockerconfigjson",
			"tls.private.key", "oauth2.clientSecret", "smtp_pass", "smtpPassword", "adminSecret", "passwordSalt", "jwt_token",
		},
		NamesPublic: {
			"username", "user", "dbUser", "POSTGRES_USERNAME", "azurestorageaccountname", "discovery.sendtargets.auth.username", "node.session.auth.username_in", "host", "db.host",
			"POSTGRES_DATABASE", "POSTGRES_VERSION", "apiAddress", "trustStorePath", "keyStorePath", "secretName", "secretRef", "existingSecret", "existingSecretPasswordKey", "passwordKey",
			"userPasswordKey", "usernameKey", "tokenKey", "passwordFile", "token_file", "TOKEN_PATH", "tokenUrl", "secretsUrl", "token_endpoint", "clientId", "client_id", "keyId", "AWS_ACCESS_KEY_ID",
			"secretType", "authMethod", "authMode", "signingAlgorithm", "passwordPolicy", "passwordLength", "password_min_length", "tokenTtl", "tokenExpiry", "tokenExpiration", "secretAge",
			"keyRotation", "auth.enabled", "passwordRequired", "secretProvider", "secretNamespace", "secretClass", "secretStore", "secretVersion", "tokenFormat", "tokenPrefix", "keySuffix",
			"tokenHeader", "passwordField", "passwordEnv", "secretVar", "secretLabel", "passwordRegex", "passwordHint", "passwordReset", "tokenCount", "tokenAudience", "tokenIssuer", "tokenScopes",
			"publicKey", "public_key", "imagePullSecret", "imagePullSecrets", "tlsSecret", "fromSecret", "tokenReview", "passwordAuthentication", "topologyKey", "primaryKey", "partition_key",
			"cache_key", "sort_key", "kms_key_id", "ca.crt", "tls.crt", "identity.pub", "cert", "secretKeyRef.key", "secretKeyRef.name", "ref.key", "objectKey", "foreign_key", "sshKey.pub", "id_rsa.pub",
			"nextPageToken", "max_tokens", "automountServiceAccountToken", "createSecret", "email", "bucket", "region", "realm", "roles", "issuer", "id", "namespace", "url", "endpoint", "proxy_pass",
			"MY_SECRET_NUM", "useSecret", "password.length", "tokenurl", "secretname", "passwordhash", "roles.properties", "auth.username",
		},
		SaysNothing: {
			"foo", "author", "compass", "bypass", "passive", "passthrough", "keyboard", "monkey", "tokenizer", "secretary", "key", "value", "config", "config.yaml", "message_of_the_day",
			"", "..", "known", "hello", "replica", "surpass", "turkey", "passenger",
		},
		Suggests: {
			"auth", "salt", "stripe_key", "OPENAI_KEY", "license", "MY_SECRET_STRING_ONE", "secret.foo", "webhookUrl", "dsn", "cookie", "pin", "pass_rate", "private",
		},
	} {
		for _, key := range keys {
			if got := Promise(key); got != level {
				t.Errorf("Promise(%q) = %d, want %d", key, got, level)
			}
		}
	}
}

func TestPromiseAllocatesNothing(t *testing.T) {
	for _, key := range []string{"spring.datasource.password", "mysqlrootpassword", "HASURA_GRAPHQL_ADMIN_SECRET", "some.very.long.path.of.a.document.that.says.nothing"} {
		if n := testing.AllocsPerRun(100, func() { Promise(key) }); n > 0 {
			t.Errorf("Promise(%q) allocates %v times", key, n)
		}
	}
}
