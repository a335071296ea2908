using System.Buffers;
using System.Text.Json;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.Responses;

/// <summary>Says a chat completion request as one to the Responses API.</summary>
internal static class OpenAiToResponses
{
    /// <summary>A smaller limit is refused there, and a limit counts thoughts as well: there is no answer as short as that.</summary>
    private const long LeastTokens = 16;

    private static readonly string[] Sampling = ["temperature", "top_p"];

    /// <summary>What both know by the same name, and what a client may send along that only this API knows. <c>metadata</c> is for what is stored, and nothing is.</summary>
    private static readonly string[] Same =
    [
        "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
        "include", "truncation", "max_tool_calls", "context_management",
    ];

    /// <exception cref="UpstreamException">The caller's fault, with the field at fault in Param.</exception>
    public static ReadOnlyMemory<byte> Translate(UpstreamRequest request, UpstreamReport report)
    {
        using var fields = new RequestFields(request, report);
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("model", request.Model);
            ResponsesInput.Write(json, fields.Body);
            ResponsesTools.Write(json, fields);
            ResponsesText.Write(json, fields);
            CheckSingle(fields.TakeNumber("n"));
            if (fields.TakeMaxTokens() is { } most) json.WriteNumber("max_output_tokens", most is > 0 and < LeastTokens ? LeastTokens : most);
            // Before the effort is taken: it decides what the model takes beside it.
            WriteSampling(json, request, fields);
            ResponsesReasoning.Write(json, fields);
            WriteUser(json, fields.Take("user"), request);
            foreach (var name in Same) WriteIfGiven(json, name, fields.Take(name));
            foreach (var name in request.Parameters.Allowed.Where(OpenAiParameters.All.Contains)) WriteIfGiven(json, name, fields.Take(name));
            // Else the service keeps the answer for a month.
            json.WriteBoolean("store", false);
            json.WriteBoolean("stream", request.Form != StreamForm.Whole);
            json.WriteEndObject();
        }

        fields.DropRest();
        return output.WrittenMemory;
    }

    private static void CheckSingle(JsonElement n)
    {
        if (n.ValueKind == JsonValueKind.Number && !(n.TryGetInt64(out var choices) && choices == 1))
            throw UpstreamException.CallerFault("n", "n must be 1: the Responses API gives one answer per request.");
    }

    private static void WriteSampling(Utf8JsonWriter json, UpstreamRequest request, RequestFields fields)
    {
        var provider = UpstreamProviders.Find(request.Provider);
        foreach (var name in Sampling.Where(fields.Has))
        {
            if (ReasoningModels.Refuses(request, provider, name, fields.Peek)) fields.Drop(name);
            else WriteIfGiven(json, name, fields.TakeNumber(name));
        }
    }

    private static void WriteUser(Utf8JsonWriter json, JsonElement user, UpstreamRequest request)
    {
        if (user.ValueKind == JsonValueKind.String && request.ApiBase is { } address && UpstreamProviders.AreOpenAis(request.Provider, address) && LongUser.Shortened(user.GetString()!) is { } shortened) json.WriteString("user", shortened);
        else WriteIfGiven(json, "user", user);
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}
