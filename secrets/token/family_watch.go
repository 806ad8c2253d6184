package token

// watchFamilies are the tokens of monitoring, logs and alarms.
func watchFamilies() []Family {
	return []Family{
		{ID: "grafana-service-token", Title: "Grafana service account token", forms: []string{"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"}, prove: grafanaProof},
		{ID: "grafana-cloud-token", Title: "Grafana Cloud token", forms: []string{"glc_eyJ[A-Za-z0-9+/]{30,400}[=]{0,3}", "glc_[A-Za-z0-9+/]{32,400}[=]{0,3}"}, prove: holding("glc_", `"k":`)},
		{ID: "grafana-api-key", Title: "Grafana API key", forms: []string{"eyJrIjoi[A-Za-z0-9+/]{60,400}[=]{0,3}"}, prove: grafanaKey, plain: true},
		{ID: "datadog-key", Title: "Datadog key", forms: []string{"ddapp_[A-Za-z0-9]{34}", "ddpat_[A-Za-z0-9]{32,60}"}},
		{ID: "newrelic-user-key", Title: "New Relic user key", forms: []string{"NRAK-[A-Za-z0-9]{27}"}},
		{ID: "newrelic-insert-key", Title: "New Relic insert key", forms: []string{"NRII-[A-Za-z0-9_-]{32}"}},
		{ID: "newrelic-query-key", Title: "New Relic query key", forms: []string{"NRIQ-[A-Za-z0-9_-]{32}"}},
		{ID: "newrelic-rest-key", Title: "New Relic REST key", forms: []string{"NRRA-[0-9a-f]{42}"}},
		{ID: "newrelic-admin-key", Title: "New Relic admin key", forms: []string{"NRAA-[0-9a-f]{27}"}},
		{ID: "newrelic-browser-key", Title: "New Relic browser key", forms: []string{"NRJS-[0-9a-f]{19}"}},
		{ID: "newrelic-license-key", Title: "New Relic license key", forms: []string{"eu01xx[0-9a-f]{30}NRAL", "eu01xx[0-9a-f]{34}", "us01xx[0-9a-f]{30}NRAL"}},
		{ID: "sentry-org-token", Title: "Sentry organization token", forms: []string{"sntrys_eyJ[A-Za-z0-9+/=]{60,500}_[A-Za-z0-9+/]{43}"}, prove: structured, plain: true},
		{ID: "sentry-user-token", Title: "Sentry user token", forms: []string{"sntryu_[0-9a-f]{64}"}},
		{ID: "sentry-integration-token", Title: "Sentry integration token", forms: []string{"sntryi_[0-9a-f]{64}", "sntrya_[0-9a-f]{64}"}},
		{ID: "dynatrace-token", Title: "Dynatrace API token", forms: []string{"dt0c01.[A-Za-z0-9]{24}.[A-Za-z0-9]{64}"}, prove: structured},
		{ID: "dynatrace-platform-token", Title: "Dynatrace platform token", forms: []string{"dt0s16.[A-Z0-9]{8,24}.[A-Z0-9]{64}", "dt0s02.[A-Z0-9]{8,24}.[A-Z0-9]{64}", "dt0s01.[A-Z0-9]{8,24}.[A-Z0-9]{64}"}, prove: structured},
		{ID: "honeycomb-key", Title: "Honeycomb ingest key", forms: []string{"hcaik_[a-z0-9]{58}", "hcxik_[a-z0-9]{58}", "hcbik_[a-z0-9]{58}"}},
		{ID: "honeycomb-management-key", Title: "Honeycomb management key", forms: []string{"hcxmk_[a-z0-9]{26}", "hcamk_[a-z0-9]{26}"}},
		{ID: "victorops-url", Title: "Splunk On-Call webhook", isURL: true, forms: []string{"alert.victorops.com/integrations/generic/[0-9]{8}/alert/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "coralogix-key", Title: "Coralogix API key", forms: []string{"cxtp_[A-Za-z0-9]{30}", "cxup_[A-Za-z0-9]{30}"}},
		{ID: "axiom-token", Title: "Axiom token", forms: []string{"xaat-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "xapt-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "posthog-key", Title: "PostHog personal key", forms: []string{"phx_[A-Za-z0-9]{40,50}"}},
		{ID: "posthog-secure-key", Title: "PostHog feature flags key", forms: []string{"phs_[A-Za-z0-9]{40,50}"}},
		{ID: "logfire-token", Title: "Logfire token", forms: []string{"pylf_v1_us_[A-Za-z0-9]{43}", "pylf_v1_eu_[A-Za-z0-9]{43}"}},
		{ID: "checkly-key", Title: "Checkly API key", forms: []string{"cu_[0-9a-f]{32}"}},
		{ID: "rootly-key", Title: "Rootly API key", forms: []string{"rootly_[0-9a-f]{64}"}},
		{ID: "launchdarkly-sdk-key", Title: "LaunchDarkly SDK key", forms: []string{"sdk-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "launchdarkly-api-key", Title: "LaunchDarkly API key", forms: []string{"api-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "maxmind-license-key", Title: "MaxMind license key"},
	}
}
