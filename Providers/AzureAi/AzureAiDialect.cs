using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.AzureAi;

/// <summary>Models in Azure AI Foundry that are neither OpenAI's own (<see cref="AzureDialect"/>) nor Claude: OpenAI's words at Azure's addresses.</summary>
internal sealed class AzureAiDialect : IDialect
{
    public UpstreamWire Wire => UpstreamWire.AzureAi;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        if (AzureAiModels.WhyNotServed(request.Model) is { } why) throw UpstreamException.CallerFault("model", $"This model of Azure AI's is not served: {why}.", "model_not_found");
        return OpenAiDialect.Say(request, AzureAiAddress.Of(request)) with { KeyHeader = AzureAiAddress.IsResource(request.ApiBase!) ? "api-key" : null };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => OpenAiDialect.Listen(contentType, request, report);
}
