using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// The top level of a request with the configured defaults under it. What the body has, null included, is the body's, and so is the same
/// thing under its other name; but for what the provider enforces (<see cref="UpstreamProvider.Enforced"/>).
/// </summary>
internal sealed class RequestFields : IDisposable
{
    private static readonly string[][] Synonyms = [["max_tokens", "max_completion_tokens"], ["reasoning_effort", "thinking"], ["service_tier", "serviceTier"]];

    /// <summary>Fields that mean nothing behind a gateway, or that it has acted on already.</summary>
    private static readonly HashSet<string> Silent =
    [
        "model", "stream", "stream_options", "store", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        "prompt_cache_options", "moderation", "encoding_format", "messages", "prompt", "input",
    ];

    private readonly JsonDocument _document;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _inBody = new(StringComparer.Ordinal);
    private readonly UpstreamReport _report;
    private readonly IReadOnlySet<string> _allowed;

    /// <exception cref="UpstreamException">The caller's fault: not a JSON object.</exception>
    public RequestFields(UpstreamRequest request, UpstreamReport report)
    {
        _report = report;
        _allowed = request.Parameters.Allowed;
        try
        {
            _document = JsonDocument.Parse(request.Body, NestedJson.Document);
        }
        catch (JsonException)
        {
            throw UpstreamException.CallerFault("", "The request body is not valid JSON.");
        }

        if (Body.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault("", "The request body must be a JSON object.");
        foreach (var member in Body.EnumerateObject()) _inBody.Add(member.Name);
        foreach (var (name, value) in request.Defaults)
        {
            if (name != "messages" && !request.StripFields.Contains(name) && !IsInBody(name)) Set(name, value);
        }

        foreach (var member in Body.EnumerateObject())
        {
            if (!request.StripFields.Contains(member.Name)) Set(member.Name, member.Value);
        }

        if (_fields.TryGetValue("extra_body", out var extra) && extra.ValueKind == JsonValueKind.Object)
        {
            _fields.Remove("extra_body");
            foreach (var member in extra.EnumerateObject())
            {
                if (!request.StripFields.Contains(member.Name) && !Silent.Contains(member.Name) && !IsInBody(member.Name)) Set(member.Name, member.Value);
            }
        }

        foreach (var name in UpstreamProviders.Find(request.Provider).Enforced)
        {
            if (request.Defaults.TryGetValue(name, out var configured) && configured.ValueKind != JsonValueKind.Null) Enforce(name, configured);
        }
    }

    public JsonElement Body => _document.RootElement;

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>A field that stays. Undefined: it is not there, or null.</summary>
    public JsonElement Peek(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Takes a field out; what is never taken counts as dropped. Undefined: it is not there, or null.</summary>
    public JsonElement Take(string name) => _fields.Remove(name, out var value) ? value : default;

    /// <exception cref="UpstreamException">The caller's fault: it is of another kind.</exception>
    public JsonElement Take(string name, JsonValueKind kind, string what)
    {
        var value = Take(name);
        return value.ValueKind == JsonValueKind.Undefined || value.ValueKind == kind ? value : throw UpstreamException.CallerFault(name, $"{name} must be {what}.");
    }

    public JsonElement TakeNumber(string name) => Take(name, JsonValueKind.Number, "a number");

    /// <summary>The limit of the answer, under either of its names.</summary>
    public long? TakeMaxTokens()
    {
        var older = TakeNumber("max_tokens");
        var newer = TakeNumber("max_completion_tokens");
        var given = newer.ValueKind == JsonValueKind.Number ? newer : older;
        if (given.ValueKind != JsonValueKind.Number) return null;
        return given.TryGetInt64(out var tokens) ? tokens : throw UpstreamException.CallerFault("max_tokens", "max_tokens must be an integer.");
    }

    /// <summary><c>stop</c> as a list.</summary>
    public List<JsonElement> TakeStop()
    {
        var stop = Take("stop");
        return stop.ValueKind switch
        {
            JsonValueKind.Undefined => [],
            JsonValueKind.String => [stop],
            JsonValueKind.Array when stop.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => [.. stop.EnumerateArray()],
            _ => throw UpstreamException.CallerFault("stop", "stop must be a string or an array of strings."),
        };
    }

    /// <summary>Unless <c>allowed_openai_params</c> names it, and nobody has taken it: then it is left for whoever sends those as they are.</summary>
    public void Drop(string name)
    {
        if (_allowed.Contains(name) && _fields.ContainsKey(name)) return;
        _fields.Remove(name);
        _report.Dropped.Add(name);
    }

    /// <summary>Reports what nobody has taken, but for what means nothing behind a gateway.</summary>
    public void DropRest()
    {
        foreach (var name in _fields.Keys)
        {
            if (!Silent.Contains(name)) _report.Dropped.Add(name);
        }
    }

    public void Dispose() => _document.Dispose();

    private bool IsInBody(string name) => _inBody.Contains(name) || Synonyms.Any(pair => pair.Contains(name) && pair.Any(_inBody.Contains));

    /// <summary>What is configured, whatever the request says of it.</summary>
    private void Enforce(string name, JsonElement configured)
    {
        if (Peek(name) is { ValueKind: not JsonValueKind.Undefined } given && !JsonElement.DeepEquals(given, configured)) _report.Dropped.Add(name);
        _fields[name] = configured;
    }

    private void Set(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null) _fields.Remove(name);
        else _fields[name] = value;
    }
}
