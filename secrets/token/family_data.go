package token

// dataFamilies are the tokens of data stores and of services over data.
func dataFamilies() []Family {
	return []Family{
		{ID: "databricks-token", Title: "Databricks access token", forms: []string{"dapi[0-9a-f]{32}", "dapi[0-9a-f]{32}-[0-9]{1}"}},
		{ID: "databricks-oauth-secret", Title: "Databricks OAuth secret", forms: []string{"dose[0-9a-f]{32}"}},
		{ID: "planetscale-token", Title: "PlanetScale service token", forms: []string{"pscale_tkn_[A-Za-z0-9_.=-]{32,64}"}},
		{ID: "planetscale-oauth", Title: "PlanetScale OAuth token", forms: []string{"pscale_oauth_[A-Za-z0-9_.=-]{32,64}"}},
		{ID: "planetscale-password", Title: "PlanetScale password", forms: []string{"pscale_pw_[A-Za-z0-9_.=-]{32,64}"}},
		{ID: "neon-key", Title: "Neon API key", forms: []string{"napi_[a-z0-9]{64}"}},
		{ID: "neon-password", Title: "Neon database password", forms: []string{"npg_[A-Za-z0-9]{12,40}"}, prove: mixed},
		{ID: "supabase-token", Title: "Supabase access token", forms: []string{"sbp_[0-9a-f]{40}", "sbp_v0_[0-9a-f]{40}", "sbp_oauth_[0-9a-f]{40}"}},
		{ID: "supabase-secret-key", Title: "Supabase secret key", forms: []string{"sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}"}, prove: structured},
		{ID: "mongodb-atlas-secret", Title: "client secret of MongoDB Atlas", forms: []string{"mdb_sa_sk_[A-Za-z0-9_-]{40}"}},
		{ID: "clickhouse-key", Title: "ClickHouse Cloud key", forms: []string{"4b1d[A-Za-z0-9]{38}"}, prove: mixed},
		{ID: "confluent-secret", Title: "Confluent API secret", forms: []string{"cflt[A-Za-z0-9+/]{60}"}},
		{ID: "airtable-token", Title: "Airtable access token", forms: []string{"pat[A-Za-z0-9]{14}.[0-9a-f]{64}"}, prove: structured},
		{ID: "aiven-token", Title: "Aiven token", forms: []string{"aivenv1[A-Za-z0-9+/]{150,400}[=]{0,2}", "AVNS_[A-Za-z0-9_-]{19}"}},
		{ID: "fauna-key", Title: "Fauna key", forms: []string{"fnA[A-Za-z0-9_-]{37}"}, prove: mixed},
		{ID: "xata-key", Title: "Xata API key", forms: []string{"xau_[A-Za-z0-9]{32,50}"}},
		{ID: "tinybird-token", Title: "Tinybird token", forms: []string{"p.eyJ[A-Za-z0-9_-]{20,400}.[A-Za-z0-9_-]{20,100}"}, prove: structured, plain: true},
		{ID: "dbt-token", Title: "dbt Cloud token", forms: []string{"dbtc_[A-Za-z0-9_-]{40,60}", "dbtu_[A-Za-z0-9_-]{40,60}"}},
		{ID: "elastic-key", Title: "Elastic Cloud API key", forms: []string{"essu_[A-Za-z0-9+/]{60,120}[=]{0,2}"}},
		{ID: "astra-token", Title: "Astra DB token", forms: []string{"AstraCS:[A-Za-z0-9]{24}:[0-9a-f]{64}"}, prove: structured},
		{ID: "snowflake-token", Title: "Snowflake session token", forms: []string{"ver:1-hint:[0-9]{5,20}-ETMsDgA[A-Za-z0-9+/=]{100,1000}"}, plain: true},
		{ID: "contentful-token", Title: "Contentful management token", forms: []string{"CFPAT-[A-Za-z0-9_-]{43}"}},
		{ID: "mapbox-secret-token", Title: "Mapbox secret token", forms: []string{"sk.eyJ[A-Za-z0-9_-]{40,100}.[A-Za-z0-9_-]{22}"}, prove: structured, plain: true},
		{ID: "mapbox-public-token", Title: "Mapbox public token", forms: []string{"pk.eyJ[A-Za-z0-9_-]{40,100}.[A-Za-z0-9_-]{22}"}, prove: structured, plain: true},
		{ID: "nylas-key", Title: "Nylas API key", forms: []string{"nyk_v0_[A-Za-z0-9]{64}"}},
	}
}
