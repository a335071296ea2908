using OrleansLlm.Providers.AzureAi;
using OrleansLlm.Providers.Vertex;

namespace OrleansLlm.Providers;

/// <summary>Clouds that have models of several makers ask each in its maker's words: such a provider is another one for some of its models.</summary>
internal static class ModelDoors
{
    /// <returns>The name of what the provider is for a model; null: itself.</returns>
    public static string? Of(string provider, string model, string? baseModel) => provider switch
    {
        VertexModels.Provider => VertexModels.DoorOf(model),
        AzureAiModels.Provider => AzureAiModels.DoorOf(model, baseModel),
        _ => null,
    };

    /// <summary>Why a provider cannot be asked for a model; null: it can.</summary>
    public static string? WhyNotServed(string provider, string model) => provider switch
    {
        VertexModels.Provider => VertexModels.WhyNotServed(model),
        AzureAiModels.Provider => AzureAiModels.WhyNotServed(model),
        _ => null,
    };

    /// <summary>The request as what its provider is for its model has it.</summary>
    public static UpstreamRequest Through(UpstreamProvider door, UpstreamRequest request)
    {
        if (door.Name == AzureAiModels.Claude) request = AzureAiModels.AtClaudesDoor(request);
        return door.Name == request.Provider ? request : request with { Provider = door.Name };
    }
}
