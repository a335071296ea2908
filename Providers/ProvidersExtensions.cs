using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.AzureAi;
using OrleansLlm.Providers.Bedrock;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Providers.Google;
using OrleansLlm.Providers.Http;
using OrleansLlm.Providers.Ollama;
using OrleansLlm.Providers.OpenAi;
using OrleansLlm.Providers.Responses;
using OrleansLlm.Providers.Vertex;

namespace OrleansLlm.Providers;

/// <summary>Registration of the upstream dialects.</summary>
public static class ProvidersExtensions
{
    /// <summary>Adds <see cref="IUpstream"/> and <see cref="IUpstreamProbe"/>. Time comes from a registered TimeProvider, or the
    /// system's.</summary>
    public static IServiceCollection AddProviders(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(UpstreamReach.Anywhere);
        services.AddSingleton<UpstreamHttp>();
        services.AddSingleton<OllamaWarmUp>();
        services.AddSingleton<StreamForms>();
        services.AddSingleton<ChatRefusals>();
        services.AddSingleton<KeptThoughts>();
        services.AddSingleton<IDialect, OllamaDialect>();
        services.AddSingleton<IDialect, OpenAiDialect>();
        services.AddSingleton<IDialect, AzureDialect>();
        services.AddSingleton<IDialect, ResponsesDialect>();
        services.AddSingleton<IDialect, AnthropicDialect>();
        services.AddSingleton<IDialect, GeminiDialect>();
        services.AddSingleton<GoogleTokens>();
        services.AddSingleton<IDialect, VertexDialect>();
        services.AddSingleton<IDialect, VertexClaudeDialect>();
        services.AddSingleton<IDialect, VertexOpenAiDialect>();
        services.AddSingleton<IDialect, AzureAiDialect>();
        services.AddSingleton<IDialect, BedrockDialect>();
        services.AddSingleton<IUpstream, Upstreams>();
        services.AddSingleton<IUpstreamProbe, UpstreamProbe>();
        return services;
    }
}
