using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Grains.Catalog;

/// <summary>Entries of <c>model_list</c> as JSON: <c>model_name</c>, <c>litellm_params</c>, <c>model_info</c>.</summary>
internal static class EntryJson
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Null: not a JSON object.</summary>
    public static JsonObject? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string WithId(JsonObject entry, string id)
    {
        if (entry["model_info"] is JsonObject info) info["id"] = id;
        else entry["model_info"] = new JsonObject { ["id"] = id };
        return entry.ToJsonString(Plain);
    }

    /// <summary>The same model, for another group, at another address.</summary>
    public static JsonObject WithAddress(JsonObject entry, string group, string address)
    {
        entry["model_name"] = group;
        if (entry["litellm_params"] is JsonObject parameters)
        {
            parameters.Remove("base_url");
            parameters["api_base"] = address;
        }

        return entry;
    }

    /// <summary>The objects' own members take the place of what was there, one by one; null takes a member away.</summary>
    public static JsonObject Merge(JsonObject entry, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is JsonObject inner && entry[name] is JsonObject present) entry[name] = Merge(present.DeepClone().AsObject(), inner);
            else if (value is null) entry.Remove(name);
            else entry[name] = value.DeepClone();
        }

        return entry;
    }
}
