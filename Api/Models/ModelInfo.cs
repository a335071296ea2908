using System.Text.Json;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Models;

/// <summary>A deployment as <c>/model/info</c> shows it: in LiteLLM's shape, and never with a key.</summary>
internal static class ModelInfo
{
    public static void Write(Utf8JsonWriter json, Deployment deployment)
    {
        json.WriteStartObject();
        WriteFields(json, deployment);
        json.WriteEndObject();
    }

    /// <summary>Into an object that is open.</summary>
    public static void WriteFields(Utf8JsonWriter json, Deployment deployment)
    {
        json.WriteString("model_name", deployment.Group);
        json.WriteStartObject("litellm_params");
        json.WriteString("model", deployment.ConfiguredModel);
        json.WriteString("api_base", deployment.ApiBase.GetLeftPart(UriPartial.Path));
        if (deployment.RequestsPerMinute is { } requests) json.WriteNumber("rpm", requests);
        if (deployment.TokensPerMinute is { } tokens) json.WriteNumber("tpm", tokens);
        foreach (var (name, value) in deployment.Defaults.Where(d => !IsSecret(d.Key)).OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            json.WritePropertyName(name);
            WriteOpen(json, value);
        }

        if (!deployment.Tags.IsEmpty)
        {
            json.WriteStartArray("tags");
            foreach (var tag in deployment.Tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("model_info");
        json.WriteString("id", deployment.Id);
        // LiteLLM's word for: not from the file.
        json.WriteBoolean("db_model", !deployment.FromFile);
        if (deployment.ModelInfo is { ValueKind: JsonValueKind.Object } info)
        {
            WriteOpen(json, info.EnumerateObject().Where(p => p.Name is not ("id" or "db_model")));
        }

        WriteKnown(json, deployment);

        json.WriteEndObject();
    }

    /// <summary>What holds for it though its <c>model_info</c> does not say so: the prices that it is billed at, which may be a list's, and its bounds.</summary>
    private static void WriteKnown(Utf8JsonWriter json, Deployment deployment)
    {
        Write("input_cost_per_token", deployment.InputCostPerToken);
        Write("output_cost_per_token", deployment.OutputCostPerToken);
        Write("cache_read_input_token_cost", deployment.CacheReadCostPerToken);
        Write("cache_creation_input_token_cost", deployment.CacheWriteCostPerToken);
        Write("max_input_tokens", deployment.MaxInputTokens);
        Write("max_output_tokens", deployment.MaxOutputTokens);

        void Write(string name, double? value)
        {
            if (value is { } known && !(deployment.ModelInfo is { ValueKind: JsonValueKind.Object } info && info.TryGetProperty(name, out _))) json.WriteNumber(name, known);
        }
    }

    /// <summary>Without what may be secret in it, however deep.</summary>
    private static void WriteOpen(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                WriteOpen(json, value.EnumerateObject());
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) WriteOpen(json, item);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static void WriteOpen(Utf8JsonWriter json, IEnumerable<JsonProperty> properties)
    {
        foreach (var property in properties.Where(p => !IsSecret(p.Name)))
        {
            json.WritePropertyName(property.Name);
            WriteOpen(json, property.Value);
        }
    }

    /// <summary>A parameter that nobody here knows is passed on, and may still be somebody's secret.</summary>
    internal static bool IsSecret(string name) =>
        name.EndsWith("key", StringComparison.OrdinalIgnoreCase) || name.EndsWith("key_id", StringComparison.OrdinalIgnoreCase)
        || (name.EndsWith("token", StringComparison.OrdinalIgnoreCase) && !name.EndsWith("_per_token", StringComparison.OrdinalIgnoreCase)) || name.Contains("secret", StringComparison.OrdinalIgnoreCase)
        || name.Contains("password", StringComparison.OrdinalIgnoreCase) || name.Contains("credential", StringComparison.OrdinalIgnoreCase);
}
