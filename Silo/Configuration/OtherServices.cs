using System.Collections.Frozen;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Further prefixes of LiteLLM's, of services that speak as OpenAI does. They need no dialect: only the prefix must not reach them as a part of the model's
/// name, and most have an address and a variable for the key (https://docs.litellm.ai/docs/providers).
/// </summary>
internal static class OtherServices
{
    private const string Dialect = "openai_like";

    public static readonly FrozenDictionary<string, ProviderEntry> ByPrefix = new[]
    {
        // Another gateway, and one's own server.
        One("litellm_proxy", null, "LITELLM_PROXY_API_KEY"),
        One("custom_openai", null),
        One("docker_model_runner", null, "DOCKER_MODEL_RUNNER_API_KEY"),
        One("xinference", "http://127.0.0.1:9997/v1", "XINFERENCE_API_KEY"),
        One("databricks", null, "DATABRICKS_API_KEY"),
        // LiteLLM's address is the one that GitHub has given up; the names of its models have a publisher before them at this one: openai/gpt-4.1.
        One("github", "https://models.github.ai/inference", "GITHUB_API_KEY"),

        One("aiml", "https://api.aimlapi.com/v1", "AIML_API_KEY"),
        One("anyscale", "https://api.endpoints.anyscale.com/v1", "ANYSCALE_API_KEY"),
        One("baseten", "https://inference.baseten.co/v1", "BASETEN_API_KEY"),
        One("codestral", "https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY"),
        One("cometapi", "https://api.cometapi.com/v1", "COMETAPI_KEY", "COMETAPI_API_KEY"),
        One("dashscope", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
        One("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
        One("featherless_ai", "https://api.featherless.ai/v1", "FEATHERLESS_AI_API_KEY", "FEATHERLESS_API_KEY"),
        One("friendliai", "https://api.friendli.ai/serverless/v1", "FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"),
        One("hyperbolic", "https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_KEY"),
        One("inception", "https://api.inceptionlabs.ai/v1", "INCEPTION_API_KEY"),
        One("lambda_ai", "https://api.lambda.ai/v1", "LAMBDA_API_KEY"),
        One("meta_llama", "https://api.llama.com/compat/v1", "LLAMA_API_KEY"),
        One("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
        One("morph", "https://api.morphllm.com/v1", "MORPH_API_KEY"),
        One("nebius", "https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"),
        One("novita", "https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
        One("nscale", "https://inference.api.nscale.com/v1", "NSCALE_API_KEY"),
        One("nvidia_nim", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
        One("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
        One("v0", "https://api.v0.dev/v1", "V0_API_KEY"),
        One("vercel_ai_gateway", "https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_KEY"),
        One("gradient_ai", "https://inference.do-ai.run/v1", "GRADIENT_AI_API_KEY"),
        One("aihubmix", "https://aihubmix.com/v1", "AIHUBMIX_API_KEY"),
        One("chutes", "https://llm.chutes.ai/v1", "CHUTES_API_KEY"),
        One("compactifai", "https://api.compactif.ai/v1", "COMPACTIFAI_API_KEY"),
        One("crusoe", "https://managed-inference-api-proxy.crusoecloud.com/v1", "CRUSOE_API_KEY"),
        One("gmi", "https://api.gmi-serving.com/v1", "GMI_API_KEY"),
        One("lemonade", "http://localhost:8000/api/v1", "LEMONADE_API_KEY"),
        One("minimax", "https://api.minimax.io/v1", "MINIMAX_API_KEY"),
        new("nano-gpt", ["NANOGPT_API_KEY"], []) { Dialect = Dialect, OwnBase = "https://nano-gpt.com/api/v1" },
        One("ovhcloud", "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", "OVHCLOUD_API_KEY"),
        One("poe", "https://api.poe.com/v1", "POE_API_KEY"),
        One("publicai", "https://api.publicai.co/v1", "PUBLICAI_API_KEY"),
        One("scaleway", "https://api.scaleway.ai/v1", "SCW_SECRET_KEY"),
        One("synthetic", "https://api.synthetic.new/openai/v1", "SYNTHETIC_API_KEY"),
        One("veniceai", "https://api.venice.ai/api/v1", "VENICE_AI_API_KEY"),
        One("wandb", "https://api.inference.wandb.ai/v1", "WANDB_API_KEY"),
        One("xiaomi_mimo", "https://api.xiaomimimo.com/v1", "XIAOMI_MIMO_API_KEY"),

        // Of vectors alone.
        One("voyage", "https://api.voyageai.com/v1", "VOYAGE_API_KEY"),
        One("jina_ai", "https://api.jina.ai/v1", "JINA_AI_API_KEY"),
        One("infinity", null, "INFINITY_API_KEY"),

        One("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
        One("ai21", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),
        One("ai21_chat", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),

        // By their doors for OpenAI's clients. The variable with the address is LiteLLM's for another door.
        new("cohere", ["COHERE_API_KEY", "CO_API_KEY"], []) { Dialect = Dialect, OwnBase = "https://api.cohere.ai/compatibility/v1" },
        new("cohere_chat", ["COHERE_API_KEY", "CO_API_KEY"], []) { Dialect = Dialect, OwnBase = "https://api.cohere.ai/compatibility/v1" },
        new("cloudflare", ["CLOUDFLARE_API_KEY", "CLOUDFLARE_API_TOKEN"], []) { Dialect = Dialect, BaseOfAccount = ("CLOUDFLARE_ACCOUNT_ID", "https://api.cloudflare.com/client/v4/accounts/{0}/ai/v1") },

        One("volcengine", "https://ark.cn-beijing.volces.com/api/v3", "VOLCENGINE_API_KEY", "ARK_API_KEY"),

        // LiteLLM's older name for the same.
        new("vertex_ai_beta", [], ["VERTEXAI_API_BASE"]) { Dialect = "vertex_ai" },

        new("azure_text", ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"], ["AZURE_API_BASE"]) { Dialect = "azure" },

        // OpenAI itself, by other ways of asking it.
        new("text-completion-openai", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL", "OPENAI_API_BASE"]) { Dialect = "openai" },
        new("aiohttp_openai", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL", "OPENAI_API_BASE"]) { Dialect = "openai" },
    }.ToFrozenDictionary(p => p.Prefix, StringComparer.Ordinal);

    /// <summary>LiteLLM asks Cloudflare at its own door (<c>/ai/run</c>), and a configuration may name that.</summary>
    public static Uri OpenAiDoorOf(ProviderEntry provider, Uri address)
    {
        const string own = "/ai/run";
        var path = address.AbsolutePath.TrimEnd('/');
        return provider.Prefix == "cloudflare" && path.EndsWith(own, StringComparison.Ordinal) ? new UriBuilder(address) { Path = path[..^own.Length] + "/ai/v1" }.Uri : address;
    }

    /// <summary>LiteLLM reads an address from a variable of the same form for nearly all of them.</summary>
    private static ProviderEntry One(string prefix, string? address, params string[] keys) =>
        new(prefix, keys, [prefix.ToUpperInvariant() + "_API_BASE"]) { Dialect = Dialect, OwnBase = address };
}
