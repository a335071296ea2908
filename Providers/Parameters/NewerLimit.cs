namespace OrleansLlm.Providers;

/// <summary>
/// OpenAI's models that reason refuse <c>max_tokens</c>, which Anthropic's clients have to send and most others do: what they know is
/// <c>max_completion_tokens</c> (https://platform.openai.com/docs/api-reference/chat/create).
/// </summary>
internal static class NewerLimit
{
    public const string Name = "max_completion_tokens";

    public const string Older = "max_tokens";

    public static bool IsWanted(UpstreamRequest request, UpstreamProvider provider) => OpenAiFamilies.Of(request, provider) is not null;
}
