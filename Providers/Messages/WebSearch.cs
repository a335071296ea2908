using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// A search of the web that the service runs itself: OpenAI's <c>web_search_options</c> (https://platform.openai.com/docs/guides/tools-web-search), which each
/// dialect has other words for.
/// </summary>
internal sealed class WebSearch
{
    public const string Field = "web_search_options";

    private const string SizeField = Field + ".search_context_size", PlaceField = Field + ".user_location";

    private static readonly string[] PlaceNames = ["city", "region", "country", "timezone"];

    private JsonElement _place;

    /// <summary><c>low</c>, <c>medium</c> or <c>high</c>; null: the service's own choice.</summary>
    public string? Size { get; private init; }

    /// <returns>Null: none is asked for.</returns>
    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static WebSearch? Take(RequestFields fields)
    {
        var options = fields.Take(Field, JsonValueKind.Object, "an object");
        if (options.ValueKind != JsonValueKind.Object) return null;
        return new WebSearch { Size = SizeIn(options), _place = PlaceIn(options) };
    }

    /// <summary>Where who asks is, as Anthropic and the Responses API have it: flat, beside its type.</summary>
    public void WritePlace(Utf8JsonWriter json)
    {
        if (_place.ValueKind != JsonValueKind.Object) return;
        json.WriteStartObject("user_location");
        json.WriteString("type", "approximate");
        foreach (var name in PlaceNames)
        {
            if (!_place.TryGetProperty(name, out var part) || part.ValueKind != JsonValueKind.String) continue;
            json.WritePropertyName(name);
            ChatMessage.WriteRaw(json, part);
        }

        json.WriteEndObject();
    }

    private static string? SizeIn(JsonElement options)
    {
        if (!options.TryGetProperty("search_context_size", out var size) || size.ValueKind == JsonValueKind.Null) return null;
        return size.ValueKind == JsonValueKind.String && size.GetString() is "low" or "medium" or "high"
            ? size.GetString() : throw UpstreamException.CallerFault(SizeField, $"{SizeField} must be low, medium or high.");
    }

    /// <summary>A chat has it in a member that is named as its type.</summary>
    private static JsonElement PlaceIn(JsonElement options)
    {
        if (!options.TryGetProperty("user_location", out var place) || place.ValueKind == JsonValueKind.Null) return default;
        if (place.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(PlaceField, $"{PlaceField} must be an object.");
        if (!place.TryGetProperty("approximate", out var approximate)) return place;
        return approximate.ValueKind == JsonValueKind.Object ? approximate : throw UpstreamException.CallerFault(PlaceField + ".approximate", $"{PlaceField}.approximate must be an object.");
    }
}
