using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// Azure's OpenAI service: the same bodies under an address for each deployment, with the key in a header of its own
/// (https://learn.microsoft.com/azure/ai-services/openai/reference). An api_base that ends in /openai/v1 is its newer door, which is
/// OpenAI's own but for the header.
/// </summary>
internal sealed class AzureDialect : IDialect
{
    /// <summary>The latest that is not a preview.</summary>
    public const string DefaultVersion = "2024-10-21";

    public UpstreamWire Wire => UpstreamWire.Azure;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report) =>
        OpenAiDialect.Say(request, Address(request)) with { KeyHeader = "api-key" };

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => OpenAiDialect.Listen(contentType, request, report);

    public static Uri Address(UpstreamRequest request)
    {
        var path = OpenAiDialect.Path(request.Operation);
        var whole = new UriBuilder(request.ApiBase!);
        var given = whole.Path.TrimEnd('/');
        if (given.EndsWith("/openai/v1", StringComparison.Ordinal)) return Addresses.Under(request.ApiBase!, path);
        var deployment = given.Contains("/deployments/", StringComparison.Ordinal)
            ? given : $"{(given.EndsWith("/openai", StringComparison.Ordinal) ? given : given + "/openai")}/deployments/{Uri.EscapeDataString(request.Model)}";
        whole.Path = $"{deployment}/{path}";
        if (!whole.Query.Contains("api-version=", StringComparison.Ordinal))
            whole.Query = $"{whole.Query.TrimStart('?')}{(whole.Query.Length > 1 ? "&" : "")}api-version={Uri.EscapeDataString(request.Account.ApiVersion ?? DefaultVersion)}";
        return whole.Uri;
    }
}
