package token

// webFamilies are the credentials that standards know, of no one service.
func webFamilies() []Family {
	return []Family{
		{ID: "jwt", Title: "JSON web token", plain: true, prove: jwtProof, narrow: serviceAccount, forms: []string{"eyJ[A-Za-z0-9_-]{10,2000}.[A-Za-z0-9_-]{3,8000}.[A-Za-z0-9_-]{0,2000}"},
			evidence: [proofs]string{1: "its parts decode to the header and the claims of a JSON web token"}},
		{ID: "kubernetes-service-account-token", Title: "token of a Kubernetes service account", plain: true,
			evidence: [proofs]string{1: "it is a JSON web token with the claims of a Kubernetes service account"}},
		{ID: "jwe", Title: "encrypted JSON web token", plain: true, prove: jweProof, forms: []string{"eyJ[A-Za-z0-9_-]{10,2000}.[A-Za-z0-9_-]{0,2000}.[A-Za-z0-9_-]{8,100}.[A-Za-z0-9_-]{4,8000}.[A-Za-z0-9_-]{16,100}"}},
		{ID: "paseto", Title: "PASETO", plain: true, prove: structured, forms: []string{"v[1-4]{1}.local.[A-Za-z0-9_-]{40,2000}", "v[1-4]{1}.public.[A-Za-z0-9_-]{80,2000}"}},
		{ID: "url-password", Title: "password in a URL", plain: true, evidence: [proofs]string{1: "a password stands in the URL between the user name and the host"}},
		{ID: "mysql-data-source", Title: "password in a data source name of MySQL", plain: true,
			evidence: [proofs]string{1: "a password stands in the data source name between the user name and the address"}},
		{ID: "connection-string-password", Title: "password in a connection string", plain: true, inContext: true,
			evidence: [proofs]string{1: "it is the password of a connection string"}},
		{ID: "authorization-basic", Title: "Authorization header with a password", plain: true, inContext: true,
			evidence: [proofs]string{1: "it is base64 of a name and a password in an Authorization header"}},
		{ID: "authorization-bearer", Title: "Authorization header with a token", inContext: true,
			evidence: [proofs]string{2: "it is the token of an Authorization header"}},
		{ID: "docker-auth", Title: "registry login of Docker", plain: true, inContext: true,
			evidence: [proofs]string{1: "it is base64 of the name and the password for a registry"}},
		{ID: "access-token-query", Title: "access token in a URL", inContext: true, prove: withDigits, forms: []string{"access_token=[A-Za-z0-9_.-]{20,300}"}},
	}
}
