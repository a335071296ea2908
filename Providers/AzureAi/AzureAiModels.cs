namespace OrleansLlm.Providers.AzureAi;

/// <summary>Which of Azure AI Foundry's deployments is asked how: they have names of their own, which usually are their models'.</summary>
internal static class AzureAiModels
{
    public const string Provider = "azure_ai";

    /// <summary>In Anthropic's words, at the resource's <c>/anthropic</c>.</summary>
    public const string Claude = Provider + "/claude";

    /// <param name="baseModel">What it really is, with a prefix or without; null: what its name says.</param>
    public static string? DoorOf(string model, string? baseModel) =>
        (baseModel ?? model).Contains("claude", StringComparison.OrdinalIgnoreCase) ? Claude : null;

    /// <summary>Why a model cannot be asked; null: it can.</summary>
    public static string? WhyNotServed(string model) =>
        model.StartsWith("agents/", StringComparison.Ordinal) ? "agents are not served" : model.StartsWith("doc-intelligence/", StringComparison.Ordinal) ? "it neither chats nor embeds texts" : null;

    /// <summary>Claude is asked as at Anthropic's; the version of Azure's API is none of that one's.</summary>
    public static UpstreamRequest AtClaudesDoor(UpstreamRequest request) => request with
    {
        ApiBase = AzureAiAddress.OfClaude(request.ApiBase!),
        Account = request.Account with { ApiVersion = null },
    };
}
