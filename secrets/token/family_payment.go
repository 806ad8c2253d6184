package token

// paymentFamilies are the keys of payment, shops and posts.
func paymentFamilies() []Family {
	return []Family{
		{ID: "stripe-live-key", Title: "Stripe secret key", forms: []string{"sk_live_[A-Za-z0-9]{10,247}", "sk_prod_[A-Za-z0-9]{10,99}"}},
		{ID: "stripe-restricted-key", Title: "restricted Stripe key", forms: []string{"rk_live_[A-Za-z0-9]{10,247}", "rk_prod_[A-Za-z0-9]{10,99}"}},
		{ID: "stripe-test-key", Title: "Stripe key for tests", forms: []string{"sk_test_[A-Za-z0-9]{10,247}", "rk_test_[A-Za-z0-9]{10,247}"}},
		{ID: "stripe-webhook-secret", Title: "secret of a Stripe webhook", forms: []string{"whsec_[A-Za-z0-9]{32,64}", "whsec_[A-Za-z0-9+/]{32,64}[=]{0,2}"}},
		{ID: "square-access-token", Title: "Square access token", forms: []string{"sq0atp-[A-Za-z0-9_-]{22}"}},
		{ID: "square-token", Title: "Square token", forms: []string{"EAAA[A-Za-z0-9_-]{60}"}},
		{ID: "square-secret", Title: "Square OAuth secret", forms: []string{"sq0csp-[A-Za-z0-9_-]{43}"}},
		{ID: "braintree-token", Title: "Braintree access token", forms: []string{"access_token$production$[0-9a-z]{16}$[0-9a-f]{32}", "access_token$sandbox$[0-9a-z]{16}$[0-9a-f]{32}"}, prove: structured},
		{ID: "shopify-access-token", Title: "Shopify access token", forms: []string{"shpat_[A-Fa-f0-9]{32}"}},
		{ID: "shopify-custom-token", Title: "access token of a custom Shopify app", forms: []string{"shpca_[A-Fa-f0-9]{32}"}},
		{ID: "shopify-private-token", Title: "access token of a private Shopify app", forms: []string{"shppa_[A-Fa-f0-9]{32}"}},
		{ID: "shopify-shared-secret", Title: "Shopify shared secret", forms: []string{"shpss_[A-Fa-f0-9]{32}"}},
		{ID: "shopify-partner-token", Title: "Shopify partner token", forms: []string{"prtapi_[A-Fa-f0-9]{32}"}},
		{ID: "paystack-key", Title: "Paystack secret key", forms: []string{"sk_live_[0-9a-f]{40}", "sk_test_[0-9a-f]{40}"}},
		{ID: "flutterwave-key", Title: "Flutterwave secret key", forms: []string{"FLWSECK_TEST-[A-Za-z0-9]{32}-X", "FLWSECK-[A-Za-z0-9]{32}-X", "FLWSECK_TEST-[A-Za-z0-9]{12}"}},
		{ID: "razorpay-key", Title: "Razorpay key", forms: []string{"rzp_live_[A-Za-z0-9]{14}"}},
		{ID: "adyen-key", Title: "Adyen API key", forms: []string{"AQE[A-Za-z0-9]{5}[A-Za-z0-9+/=]{40,140}-[A-Za-z0-9+/=]{20,60}-[A-Za-z0-9(){};:.,<>!#$%^&*?|+/=_-]{16,40}"}, prove: structured},
		{ID: "plaid-token", Title: "Plaid access token", forms: []string{"access-sandbox-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "access-development-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "access-production-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "duffel-token", Title: "Duffel API token", forms: []string{"duffel_test_[A-Za-z0-9_=-]{43}", "duffel_live_[A-Za-z0-9_=-]{43}"}},
		{ID: "easypost-key", Title: "EasyPost API key", forms: []string{"EZAK[A-Za-z0-9]{54}"}},
		{ID: "easypost-test-key", Title: "EasyPost test key", forms: []string{"EZTK[A-Za-z0-9]{54}"}},
		{ID: "shippo-token", Title: "Shippo API token", forms: []string{"shippo_live_[A-Fa-f0-9]{40}", "shippo_test_[A-Fa-f0-9]{40}"}},
		{ID: "lob-key", Title: "Lob API key", forms: []string{"live_[0-9a-f]{35}", "test_[0-9a-f]{35}"}},
		{ID: "gocardless-token", Title: "GoCardless access token", forms: []string{"live_[A-Za-z0-9_=-]{40}"}, prove: mixed},
		{ID: "mollie-key", Title: "Mollie API key", forms: []string{"live_[A-Za-z0-9]{30}"}, prove: mixed},
		{ID: "paypal-token", Title: "PayPal access token", forms: []string{"A21AA[A-Za-z0-9_-]{80,100}"}, prove: mixed},
		{ID: "polar-token", Title: "Polar access token", forms: []string{"polar_oat_[A-Za-z0-9]{43}", "polar_pat_[A-Za-z0-9]{43}"}},
	}
}
