package token

// modelFamilies are the keys of services for language models.
func modelFamilies() []Family {
	return []Family{
		{ID: "openai-key", Title: "OpenAI API key", forms: []string{"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"}, prove: structured},
		{ID: "openai-project-key", Title: "OpenAI project key", forms: []string{
			"sk-proj-[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{58}", "sk-proj-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}", "sk-proj-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"}, prove: structured},
		{ID: "openai-service-key", Title: "OpenAI service account key", forms: []string{
			"sk-svcacct-[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{58}", "sk-svcacct-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}", "sk-service-[A-Za-z0-9_-]{20}T3BlbkFJ[A-Za-z0-9_-]{20}"}, prove: structured},
		{ID: "openai-admin-key", Title: "OpenAI admin key", forms: []string{
			"sk-admin-[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{58}", "sk-admin-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}"}, prove: structured},
		{ID: "anthropic-key", Title: "Anthropic API key", forms: []string{"sk-ant-api[0-9]{2}-[A-Za-z0-9_-]{95}"}, prove: anthropicProof},
		{ID: "anthropic-admin-key", Title: "Anthropic admin key", forms: []string{"sk-ant-admin[0-9]{2}-[A-Za-z0-9_-]{95}"}, prove: anthropicProof},
		{ID: "anthropic-oauth-token", Title: "Anthropic OAuth token", forms: []string{"sk-ant-oat[0-9]{2}-[A-Za-z0-9_-]{80,120}", "sk-ant-ort[0-9]{2}-[A-Za-z0-9_-]{80,120}", "sk-ant-sid[0-9]{2}-[A-Za-z0-9_-]{80,120}"}},
		{ID: "huggingface-token", Title: "Hugging Face access token", forms: []string{"hf_[A-Za-z]{34}", "hf_[A-Za-z0-9]{34}"}},
		{ID: "huggingface-org-token", Title: "Hugging Face organization token", forms: []string{"api_org_[A-Za-z]{34}"}},
		{ID: "replicate-token", Title: "Replicate API token", forms: []string{"r8_[A-Za-z0-9]{37}"}, prove: mixed},
		{ID: "groq-key", Title: "Groq API key", forms: []string{"gsk_[A-Za-z0-9]{52}"}},
		{ID: "perplexity-key", Title: "Perplexity API key", forms: []string{"pplx-[A-Za-z0-9]{48}"}},
		{ID: "xai-key", Title: "xAI API key", forms: []string{"xai-[A-Za-z0-9]{70,90}"}},
		{ID: "openrouter-key", Title: "OpenRouter API key", forms: []string{"sk-or-v1-[0-9a-f]{64}"}},
		{ID: "deepseek-key", Title: "DeepSeek API key", forms: []string{"sk-[0-9a-f]{32}"}},
		{ID: "model-service-key", Title: "API key of a model service", forms: []string{"sk-[A-Za-z0-9]{48}"}, prove: mixed},
		{ID: "langsmith-token", Title: "LangSmith key", forms: []string{"lsv2_pt_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_sk_[0-9a-f]{32}_[0-9a-f]{10}"}, prove: structured},
		{ID: "langfuse-key", Title: "Langfuse secret key", forms: []string{"sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, prove: structured},
		{ID: "wandb-key", Title: "Weights & Biases API key", forms: []string{"wandb_v1_[A-Za-z0-9_]{60,90}"}},
		{ID: "elevenlabs-key", Title: "ElevenLabs API key", forms: []string{"sk_[0-9a-f]{48}"}},
		{ID: "pinecone-key", Title: "Pinecone API key", forms: []string{"pcsk_[A-Za-z0-9]{5,8}_[A-Za-z0-9]{60,64}"}},
		{ID: "voyage-key", Title: "Voyage AI API key", forms: []string{"pa-[A-Za-z0-9_-]{43}"}, prove: mixed},
		{ID: "fireworks-key", Title: "Fireworks API key", forms: []string{"fw_[A-Za-z0-9]{22,24}"}, prove: mixed},
		{ID: "nvidia-key", Title: "NVIDIA API key", forms: []string{"nvapi-[A-Za-z0-9_-]{60,70}"}},
		{ID: "cerebras-key", Title: "Cerebras API key", forms: []string{"csk-[a-z0-9]{48}"}},
		{ID: "tavily-key", Title: "Tavily API key", forms: []string{"tvly-[A-Za-z0-9]{32}", "tvly-dev-[A-Za-z0-9]{32}", "tvly-prod-[A-Za-z0-9]{32}"}},
		{ID: "jina-key", Title: "Jina AI API key", forms: []string{"jina_[A-Za-z0-9]{60}"}},
		{ID: "llamacloud-key", Title: "LlamaCloud API key", forms: []string{"llx-[A-Za-z0-9]{48,60}"}},
		{ID: "apify-token", Title: "Apify API token", forms: []string{"apify_api_[A-Za-z0-9]{34,40}"}},
		{ID: "firecrawl-key", Title: "Firecrawl API key", forms: []string{"fc-[0-9a-f]{32}"}},
		{ID: "e2b-key", Title: "E2B API key", forms: []string{"e2b_[0-9a-f]{40}"}},
		{ID: "braintrust-key", Title: "Braintrust key", forms: []string{"bt-st-[A-Za-z0-9]{44,60}"}},
		{ID: "friendli-token", Title: "Friendli token", forms: []string{"flp_[A-Za-z0-9]{40,50}"}},
		{ID: "runpod-key", Title: "RunPod API key", forms: []string{"rpa_[A-Z0-9]{40,50}[a-z0-9]{0,10}"}},
	}
}
