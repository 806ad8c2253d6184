package token

// chatFamilies are the tokens of chats, mail and calls.
func chatFamilies() []Family {
	return []Family{
		{ID: "slack-bot-token", Title: "Slack bot token", forms: []string{"xoxb-[0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{18,34}", "xoxb-[0-9]{8,14}-[A-Za-z0-9]{18,34}"}, prove: structured},
		{ID: "slack-user-token", Title: "Slack user token", forms: []string{"xoxp-[0-9]{8,14}-[0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{28,34}", "xoxe-[0-9]{8,14}-[0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{28,34}", "xoxp-[0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{18,34}"}, prove: structured},
		{ID: "slack-workspace-token", Title: "Slack workspace token", forms: []string{"xoxa-[0-9]{1,14}-[A-Za-z0-9-]{8,160}", "xoxr-[0-9]{1,14}-[A-Za-z0-9-]{8,160}", "xoxa-[A-Za-z0-9]{12,60}", "xoxr-[A-Za-z0-9]{12,60}"}, prove: withDigits},
		{ID: "slack-legacy-token", Title: "Slack token of the old form", forms: []string{"xoxo-[0-9]{1,14}-[0-9]{1,14}-[0-9]{1,14}-[A-Fa-f0-9]{8,64}", "xoxs-[0-9]{1,14}-[0-9]{1,14}-[0-9]{1,14}-[A-Fa-f0-9]{8,64}"}},
		{ID: "slack-session-token", Title: "Slack browser session token", forms: []string{"xoxc-[0-9]{8,14}-[0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{28,64}", "xoxd-[A-Za-z0-9%+/]{100,400}"}},
		{ID: "slack-config-token", Title: "Slack configuration token", forms: []string{"xoxe.xoxb-[0-9]-[A-Za-z0-9]{140,180}", "xoxe.xoxp-[0-9]-[A-Za-z0-9]{140,180}", "xoxe-[0-9]-[A-Za-z0-9]{140,160}"}, plain: true},
		{ID: "slack-app-token", Title: "Slack app token", forms: []string{"xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,14}-[A-Za-z0-9]{32,70}", "xapp-[0-9]-[A-Za-z0-9]{6,14}-[0-9]{5,14}-[A-Za-z0-9]{8,70}"}, prove: structured},
		{ID: "slack-webhook", Title: "Slack webhook", isURL: true, prove: structured, forms: []string{
			"hooks.slack.com/services/[A-Z0-9]{8,12}/[A-Z0-9]{8,12}/[A-Za-z0-9]{20,26}", "hooks.slack.com/workflows/[A-Z0-9]{8,12}/[A-Z0-9]{8,12}/[0-9]{12,22}/[A-Za-z0-9]{20,26}",
			"hooks.slack.com/triggers/[A-Z0-9]{8,12}/[0-9]{8,16}/[A-Za-z0-9]{30,40}", "hooks.slack.com/services/[A-Za-z0-9+/]{43,56}", "hooks.slack.com/workflows/[A-Za-z0-9+/]{43,56}", "hooks.slack.com/triggers/[A-Za-z0-9+/]{43,56}"}},
		{ID: "slack-gov-webhook", Title: "webhook of Slack for governments", isURL: true, prove: structured, forms: []string{"hooks.slack-gov.com/services/[A-Z0-9]{8,12}/[A-Z0-9]{8,12}/[A-Za-z0-9]{20,26}"}},
		{ID: "discord-bot-token", Title: "Discord bot token"},
		{ID: "discord-webhook", Title: "Discord webhook", isURL: true, prove: structured, forms: []string{
			"discord.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}", "discordapp.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
			"discord.com/api/v10/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}"}},
		{ID: "teams-webhook", Title: "Microsoft Teams webhook", isURL: true, prove: structured, plain: true, forms: []string{
			"webhook.office.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-z]{32}/[0-9a-f-]{36}",
			"webhook.office.com/webhookb2/[0-9a-z-]{36}@[0-9a-z-]{36}/IncomingWebhook/[0-9a-z]{32}/[0-9a-z-]{36}",
			"outlook.office.com/webhook/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-z]{32}/[0-9a-f-]{36}"}},
		{ID: "google-chat-webhook", Title: "Google Chat webhook", isURL: true, prove: structured, plain: true, forms: []string{
			"chat.googleapis.com/v1/spaces/[A-Za-z0-9_-]{8,16}/messages?key=[A-Za-z0-9_-]{39}&token=[A-Za-z0-9_-]{40,50}"}},
		{ID: "telegram-bot-token", Title: "Telegram bot token"},
		{ID: "zapier-webhook", Title: "Zapier webhook", isURL: true, prove: structured, forms: []string{"hooks.zapier.com/hooks/catch/[0-9]{5,9}/[A-Za-z0-9]{6,20}"}},
		{ID: "feishu-webhook", Title: "Feishu webhook", isURL: true, prove: structured, forms: []string{"open.feishu.cn/open-apis/bot/v2/hook/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}},
		{ID: "dingtalk-webhook", Title: "DingTalk webhook", isURL: true, prove: structured, forms: []string{"oapi.dingtalk.com/robot/send?access_token=[0-9a-f]{64}"}},
		{ID: "wecom-webhook", Title: "WeCom webhook", isURL: true, prove: structured, forms: []string{"qyapi.weixin.qq.com/cgi-bin/webhook/send?key=[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}},

		{ID: "sendgrid-key", Title: "SendGrid API key", forms: []string{"SG.[A-Za-z0-9_-]{20,24}.[A-Za-z0-9_-]{39,50}"}, prove: structured},
		{ID: "mailgun-key", Title: "Mailgun private key", forms: []string{"key-[0-9a-f]{32}"}},
		{ID: "mailgun-api-key", Title: "Mailgun API key"},
		{ID: "mailchimp-api-key", Title: "Mailchimp API key"},
		{ID: "mandrill-key", Title: "Mandrill API key", forms: []string{"md-[A-Za-z0-9_-]{22}"}, prove: mixed},
		{ID: "brevo-key", Title: "Brevo API key", forms: []string{"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"}, prove: structured},
		{ID: "brevo-smtp-key", Title: "Brevo SMTP key", forms: []string{"xsmtpsib-[0-9a-f]{64}-[A-Za-z0-9]{16}"}, prove: structured},
		{ID: "resend-key", Title: "Resend API key", forms: []string{"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"}, prove: mixed},
		{ID: "mailersend-token", Title: "MailerSend API token", forms: []string{"mlsn.[0-9a-f]{64}"}},
		{ID: "courier-key", Title: "Courier API key", forms: []string{"pk_prod_[A-Z0-9]{28}"}},
		{ID: "twilio-api-key", Title: "Twilio API key", forms: []string{"SK[0-9a-f]{32}"}},
		{ID: "intercom-token", Title: "Intercom access token", forms: []string{"dG9rO[A-Za-z0-9+/]{54}="}, prove: holding("", "tok:"), plain: true},
		{ID: "hubspot-token", Title: "HubSpot private app token", forms: []string{"pat-na1-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "pat-eu1-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "pat-na2-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "zoho-token", Title: "Zoho OAuth token", forms: []string{"1000.[0-9a-f]{32}.[0-9a-f]{32}"}, prove: structured},
		{ID: "salesforce-token", Title: "Salesforce access token", forms: []string{"00D[A-Za-z0-9]{12}![A-Za-z0-9_.]{96}"}, prove: structured},
	}
}
