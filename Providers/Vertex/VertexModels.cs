namespace OrleansLlm.Providers.Vertex;

/// <summary>
/// Who has made a model that Vertex AI serves decides where and in whose words it is asked (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models);
/// its name says who. A name that says nothing is taken for one of Google's own.
/// </summary>
internal static class VertexModels
{
    public const string Provider = "vertex_ai";

    /// <summary>Under the publisher <c>anthropic</c>, in Anthropic's words.</summary>
    public const string Claude = Provider + "/claude";

    /// <summary>Under the publisher <c>mistralai</c>, in Mistral's words, which are nearly OpenAI's.</summary>
    public const string Mistral = Provider + "/mistral";

    /// <summary>Models of other publishers, and one's own endpoints, in OpenAI's words.</summary>
    public const string Open = Provider + "/openai";

    private const string MistralsPublisher = "mistralai/";

    /// <summary>LiteLLM's word before a model that is asked at an endpoint of one's own in OpenAI's words.</summary>
    private const string OwnEndpoint = "openai/";

    /// <summary>What may stand before the name of a model of Google's: the first three are LiteLLM's and Google's words for that.</summary>
    private static readonly string[] GooglesPrefixes = ["models/", "gemini/", "publishers/google/models/", "google/"];

    private static readonly (string[] Begins, string Why)[] NotServed =
    [
        (["jamba", "ai21/"], "of AI21's models there is no dialect"),
        (["gemma/", "bge/"], "endpoints that are asked by :predict are not served; one that speaks OpenAI's words is named openai/ and its number"),
        (["agent_engine/", "agent-engine/"], "agents are not served"),
        (["imagen", "imagegeneration", "veo-", "lyria", "chirp", "multimodalembedding"], "it neither chats nor embeds texts"),
        (["text-bison", "chat-bison", "code-bison", "codechat-bison", "text-unicorn"], "Google has switched it off"),
    ];

    /// <returns>The provider that one of these models is asked as; null: as Google's own.</returns>
    public static string? DoorOf(string model)
    {
        if (Begins(model, "claude")) return Claude;
        if (Begins(model, "mistral") || Begins(model, "codestral")) return Mistral;
        return model.Contains('/', StringComparison.Ordinal) && !IsGoogles(model) && WhyNotServed(model) is null ? Open : null;
    }

    /// <summary>Why a model cannot be asked; null: it can.</summary>
    public static string? WhyNotServed(string model)
    {
        if (!model.Contains('/', StringComparison.Ordinal) && model.EndsWith("-maas", StringComparison.OrdinalIgnoreCase))
            return "its publisher must stand before it, as in meta/llama-3.3-70b-instruct-maas";
        return Array.Find(NotServed, entry => Array.Exists(entry.Begins, begin => Begins(model, begin))).Why;
    }

    /// <summary>The name as the service has it in the address or the body.</summary>
    public static string NameOf(string model)
    {
        if (Begins(model, MistralsPublisher)) return model[MistralsPublisher.Length..];
        return IsGoogles(model) && Array.Find(GooglesPrefixes, prefix => Begins(model, prefix)) is { } googles ? model[googles.Length..] : model;
    }

    /// <summary>The number of an endpoint of one's own; null: it is a publisher's model.</summary>
    public static string? EndpointOf(string model) =>
        model.Length > OwnEndpoint.Length && Begins(model, OwnEndpoint) && model.AsSpan(OwnEndpoint.Length).IndexOfAnyExceptInRange('0', '9') < 0 ? model[OwnEndpoint.Length..] : null;

    /// <summary>Google's open models, such as <c>google/gemma-3-27b-it-maas</c>, are asked as those of others.</summary>
    private static bool IsGoogles(string model) =>
        Array.Exists(GooglesPrefixes, prefix => Begins(model, prefix)) && (!Begins(model, "google/") || Begins(model, "google/gemini"));

    private static bool Begins(string model, string with) => model.StartsWith(with, StringComparison.OrdinalIgnoreCase);
}
