using System.Text.Json;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Caching;

/// <summary>The body's <c>cache</c> object, under LiteLLM's names. What it does not say is null.</summary>
internal sealed record CacheControls
{
    private const int MaxNamespaceLength = 256;
    private const double MaxSeconds = 30 * 86_400;

    public bool? NoCache { get; private set; }

    public bool? NoStore { get; private set; }

    /// <summary><c>use-cache</c>: wanted also where the cache is off unless asked for.</summary>
    public bool? UseCache { get; private set; }

    public TimeSpan? Ttl { get; private set; }

    /// <summary><c>s-maxage</c>.</summary>
    public TimeSpan? MaxAge { get; private set; }

    public string? Namespace { get; private set; }

    /// <param name="reader">On the start of the object; left on its end.</param>
    /// <exception cref="RequestException">A control has a value that means nothing.</exception>
    public static CacheControls Scan(ref Utf8JsonReader reader)
    {
        var controls = new CacheControls();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            switch (name)
            {
                case "no-cache":
                    controls.NoCache = Boolean(ref reader, name);
                    break;
                case "no-store":
                    controls.NoStore = Boolean(ref reader, name);
                    break;
                case "use-cache":
                    controls.UseCache = Boolean(ref reader, name);
                    break;
                case "ttl":
                    controls.Ttl = Seconds(ref reader, name);
                    break;
                case "s-maxage" or "s-max-age":
                    controls.MaxAge = Seconds(ref reader, name);
                    break;
                case "namespace":
                    controls.Namespace = Text(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return controls;
    }

    private static bool Boolean(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        var other => throw FieldType.Wrong($"cache.{name}", "a boolean", other),
    };

    private static TimeSpan Seconds(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.Number) throw FieldType.Wrong($"cache.{name}", "a number of seconds", reader.TokenType);
        if (reader.TryGetDouble(out var seconds) && seconds is >= 0 and <= MaxSeconds) return TimeSpan.FromSeconds(seconds);
        throw Invalid(name, "must be from 0 to 2592000 seconds");
    }

    private static string Text(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.String) throw FieldType.Wrong($"cache.{name}", "a string", reader.TokenType);
        var text = reader.GetString()!;
        return text.Length <= MaxNamespaceLength ? text : throw Invalid(name, $"must be at most {MaxNamespaceLength} characters");
    }

    private static RequestException Invalid(string name, string problem) =>
        new(ApiError.BadRequest($"Invalid value for 'cache.{name}': {problem}.", $"cache.{name}", "invalid_value"));
}
