package corpus

// tokens are those of services that developers of clusters use most: a prefix, an
// alphabet and a length. The prefixes are cut where they would be whole.
func tokens() map[string]func(stream) string {
	return map[string]func(stream) string{
		"github-fine":    func(r stream) string { return "github_pat_" + mixed(r, base62, 22) + "_" + mixed(r, base62, 59) },
		"gitlab":         func(r stream) string { return "glpat-" + mixed(r, base62, 20) },
		"gitlab-deploy":  func(r stream) string { return "gldt-" + mixed(r, base62, 20) },
		"gitlab-runner":  func(r stream) string { return "glrt-" + mixed(r, base62, 20) },
		"gitlab-trigger": func(r stream) string { return "glptt-" + r.text(hexDigits, 40) },
		"slack-bot": func(r stream) string {
			return "xoxb-" + r.text(digits[1:], 12) + "-" + r.text(digits[1:], 13) + "-" + mixed(r, base62, 24)
		},
		"slack-app": func(r stream) string {
			return "xapp-1-A0" + r.text(digits+upper, 9) + "-" + r.text(digits[1:], 13) + "-" + r.text(hexDigits, 64)
		},
		"slack-hook": func(r stream) string {
			return "https://hooks.slack.com/services/T0" + r.text(digits+upper, 9) + "/B0" + r.text(digits+upper, 9) + "/" + mixed(r, base62, 24)
		},
		"teams-hook": func(r stream) string {
			return "https://acme.webhook.office.com/webhookb2/" + uuid(r) + "@" + uuid(r) + "/IncomingWebhook/" + r.text(hexDigits, 32) + "/" + uuid(r)
		},
		"discord-hook": func(r stream) string {
			return "https://discord.com/api/webhooks/" + r.text(digits[1:], 18) + "/" + mixed(r, urlSafe, 68)
		},
		"discord-bot": func(r stream) string {
			return "MT" + mixed(r, base62, 22) + "." + "G" + mixed(r, base62, 5) + "." + mixed(r, urlSafe, 38)
		},
		"telegram":     func(r stream) string { return r.text(digits[1:], 10) + ":AA" + mixed(r, urlSafe, 33) },
		"stripe":       func(r stream) string { return "sk_live_" + mixed(r, base62, 24) },
		"stripe-rk":    func(r stream) string { return "rk_live_" + mixed(r, base62, 24) },
		"stripe-hook":  func(r stream) string { return "whsec_" + mixed(r, base62, 32) },
		"google":       func(r stream) string { return "AIza" + "Sy" + mixed(r, urlSafe, 33) },
		"google-oauth": func(r stream) string { return "GOCSPX-" + mixed(r, urlSafe, 28) },
		"sendgrid":     func(r stream) string { return "SG." + mixed(r, base62, 22) + "." + mixed(r, base62, 43) },
		"mailgun":      func(r stream) string { return "key-" + r.text(hexDigits, 32) },
		"mailchimp":    func(r stream) string { return r.text(hexDigits, 32) + "-us12" },
		"twilio":       func(r stream) string { return "SK" + r.text(hexDigits, 32) },
		"openai": func(r stream) string {
			return "sk-proj-" + mixed(r, base62, 74) + "T3Blbk" + "FJ" + mixed(r, base62, 74)
		},
		"anthropic":     func(r stream) string { return "sk-ant-api03-" + mixed(r, urlSafe, 93) + "AA" },
		"huggingface":   func(r stream) string { return "hf_" + mixed(r, lower+upper+digits, 34) },
		"vault-service": func(r stream) string { return "hvs.CAESI" + mixed(r, urlSafe, 90) },
		"vault-batch":   func(r stream) string { return "hvb.AAAAAQ" + mixed(r, urlSafe, 140) },
		"terraform":     func(r stream) string { return mixed(r, base62, 14) + ".atlasv1." + mixed(r, base62, 67) },
		"pulumi":        func(r stream) string { return "pul-" + r.text(hexDigits, 40) },
		"doppler":       func(r stream) string { return "dp.pt." + mixed(r, base62, 43) },
		"docker-hub":    func(r stream) string { return "dckr_pat_" + mixed(r, base62, 27) },
		"pypi":          func(r stream) string { return "pypi-AgEIcHlwaS5vcmc" + mixed(r, urlSafe, 140) },
		"rubygems":      func(r stream) string { return "rubygems_" + r.text(hexDigits, 48) },
		"jfrog":         func(r stream) string { return "AKCp8" + mixed(r, base62, 68) },
		"nuget":         func(r stream) string { return "oy2" + r.text(lower+"234567", 43) },
	}
}

func vendorTokens() map[string]func(stream) string {
	return map[string]func(stream) string{
		"databricks":      func(r stream) string { return "dapi" + r.text(hexDigits, 32) },
		"digitalocean":    func(r stream) string { return "dop_v1_" + r.text(hexDigits, 64) },
		"linear":          func(r stream) string { return "lin_api_" + mixed(r, base62, 40) },
		"postman":         func(r stream) string { return "PMAK-" + r.text(hexDigits, 24) + "-" + r.text(hexDigits, 34) },
		"newrelic":        func(r stream) string { return "NRAK-" + r.text(digits+upper, 27) },
		"sentry-user":     func(r stream) string { return "sntryu_" + r.text(hexDigits, 64) },
		"planetscale":     func(r stream) string { return "pscale_tkn_" + mixed(r, urlSafe, 43) },
		"supabase":        func(r stream) string { return "sbp_" + r.text(hexDigits, 40) },
		"sonar":           func(r stream) string { return "squ_" + r.text(hexDigits, 40) },
		"tailscale":       func(r stream) string { return "tskey-auth-k" + mixed(r, base62, 11) + "CNTRL-" + mixed(r, base62, 32) },
		"dynatrace":       func(r stream) string { return "dt0c01." + r.text(base32, 24) + "." + r.text(base32, 64) },
		"airtable":        func(r stream) string { return "pat" + mixed(r, base62, 14) + "." + r.text(hexDigits, 64) },
		"figma":           func(r stream) string { return "figd_" + mixed(r, urlSafe, 40) },
		"shopify":         func(r stream) string { return "shpat_" + r.text(hexDigits, 32) },
		"square":          func(r stream) string { return "EAAA" + mixed(r, urlSafe, 60) },
		"grafana-cloud":   func(r stream) string { return "glc_eyJv" + mixed(r, base62, 60) + "==" },
		"prefect":         func(r stream) string { return "pnu_" + mixed(r, base62, 36) },
		"notion":          func(r stream) string { return "ntn_" + r.text(digits, 11) + mixed(r, base62, 35) },
		"flutterwave":     func(r stream) string { return "FLWSECK-" + r.text(hexDigits, 32) + "-X" },
		"azure-client":    func(r stream) string { return mixed(r, base62, 3) + "8Q~" + mixed(r, base62+"_.~-", 34) },
		"azure-account":   func(r stream) string { return r.base64(64) },
		"datadog":         func(r stream) string { return r.text(hexDigits, 32) },
		"cloudflare":      func(r stream) string { return mixed(r, urlSafe, 40) },
		"heroku":          func(r stream) string { return "HRKU-AA" + mixed(r, urlSafe, 58) },
		"bootstrap":       func(r stream) string { return r.text(lower+digits, 6) + "." + r.text(lower+digits, 16) },
		"bootstrap-part":  func(r stream) string { return r.text(lower+digits, 16) },
		"fly":             func(r stream) string { return "FlyV1 fm2_lJPE" + mixed(r, base62+"+/", 120) },
		"circleci":        func(r stream) string { return "CCIPAT_" + mixed(r, base62, 22) + "_" + r.text(hexDigits, 40) },
		"buildkite":       func(r stream) string { return "bkua_" + r.text(hexDigits, 40) },
		"pagerduty-event": func(r stream) string { return "R0" + r.text(digits+upper, 30) },
		"opsgenie":        func(r stream) string { return uuid(r) },
		"1password":       func(r stream) string { return "ops_eyJzaWduSW5BZGRyZXNzIjoi" + mixed(r, base62, 300) },
		"perplexity":      func(r stream) string { return "pplx-" + mixed(r, base62, 48) },
		"groq":            func(r stream) string { return "gsk_" + mixed(r, base62, 52) },
		"brevo":           func(r stream) string { return "xkeysib-" + r.text(hexDigits, 64) + "-" + mixed(r, base62, 16) },
		"easypost":        func(r stream) string { return "EZAK" + mixed(r, base62, 54) },
		"launchdarkly":    func(r stream) string { return "sdk-" + uuid(r) },
		"clojars":         func(r stream) string { return "CLOJARS_" + r.text(hexDigits, 60) },
		"readme":          func(r stream) string { return "rdme_" + r.text(hexDigits+"ghijkl", 70) },
		"typeform":        func(r stream) string { return "tfp_" + mixed(r, urlSafe, 59) },
		"replicate":       func(r stream) string { return "r8_" + mixed(r, base62, 37) },
		"contentful":      func(r stream) string { return "CFPAT-" + mixed(r, urlSafe, 43) },
		"infracost":       func(r stream) string { return "ico-" + mixed(r, base62, 32) },
		"scalingo":        func(r stream) string { return "tk-us-" + mixed(r, base62, 48) },
		"duffel":          func(r stream) string { return "duffel_live_" + mixed(r, urlSafe, 43) },
		"frameio":         func(r stream) string { return "fio-u-" + mixed(r, urlSafe, 64) },
		"alibaba":         func(r stream) string { return "LTAI" + mixed(r, base62, 20) },
		"adafruit":        func(r stream) string { return "aio_" + mixed(r, base62, 28) },
		"confluent":       func(r stream) string { return mixed(r, base62+"+/", 64) },
		"azure-devops":    func(r stream) string { return mixed(r, base62, 76) + "AZDO" + mixed(r, base62, 4) },
	}
}
