namespace OrleansLlm.Api.Anthropic;

/// <summary>Names of headers.</summary>
internal static class AnthropicHeaders
{
    /// <summary>Where Anthropic's clients look for the id of a request.</summary>
    public const string RequestId = "request-id";

    /// <summary>Every client of Anthropic's sends it.</summary>
    public const string Version = "anthropic-version";

    /// <summary>The number is ours, by the length of texts, and not the model's own count.</summary>
    public const string Estimated = "x-estimated";
}
