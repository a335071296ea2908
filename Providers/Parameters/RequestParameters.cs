using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// Applies <see cref="ParameterRules"/> to a request before its dialect sees it, and judges afterwards what the dialect had to leave out. A
/// request without rules to a provider that everything is forwarded to is not even looked at.
/// </summary>
internal static class RequestParameters
{
    private static readonly FrozenSet<string> OnlyChoices = new[] { "n" }.ToFrozenSet(StringComparer.Ordinal);
    private static readonly string[] InBody = ["drop_params", "additional_drop_params", "allowed_openai_params"];

    /// <exception cref="UpstreamException">A parameter is not supported, and the rules say refuse.</exception>
    public static UpstreamRequest Apply(UpstreamRequest request, UpstreamProvider provider, UpstreamReport report)
    {
        var rules = Asked(ref request, provider.Enforced);
        request = request with { Parameters = rules };
        if (rules.AlsoDrop.Count > 0) request = Without(request, rules.AlsoDrop, report.Dropped);
        if (provider.GivesOneChoice && rules.Drop is true && !rules.Allowed.Contains("n") && WantsMoreChoices(request)) request = Without(request, OnlyChoices, report.Dropped);
        if (provider.IsTranslated) return request;
        foreach (var (from, to) in provider.Renamed)
        {
            if (!rules.Allowed.Contains(from)) request = Renamed(request, from, to);
        }

        if (!rules.Allowed.Contains(NewerLimit.Older) && NewerLimit.IsWanted(request, provider)) request = Renamed(request, NewerLimit.Older, NewerLimit.Name);

        if (rules.Drop is null || (provider.Unsupported.Count == 0 && OpenAiFamilies.Of(request, provider) is null)) return request;
        var unsupported = Unsupported(request, provider, rules);
        if (unsupported.Count == 0) return request;
        return rules.Drop.Value ? Without(request, unsupported, report.Dropped) : throw Refusal(request, [.. unsupported]);
    }

    /// <summary>What a translated dialect has left out for want of a word.</summary>
    /// <exception cref="UpstreamException">The rules say refuse.</exception>
    public static void Judge(UpstreamRequest request, UpstreamReport report)
    {
        if (request.Parameters.Drop is not false || report.Dropped.Count == 0) return;
        var unsupported = report.Dropped.Where(name => OpenAiParameters.All.Contains(name) && !request.Parameters.AlsoDrop.Contains(name)).Distinct().ToList();
        if (unsupported.Count > 0) throw Refusal(request, unsupported);
    }

    private static UpstreamException Refusal(UpstreamRequest request, List<string> names)
    {
        // The first words are LiteLLM's: its clients look for them.
        names.Sort(StringComparer.Ordinal);
        var list = string.Join(", ", names.Select(name => $"'{name}'"));
        return UpstreamException.CallerFault(
            names[0],
            $"UnsupportedParamsError: {request.Provider} does not support parameters: [{list}], for model={request.Model}. "
            + "To leave them out set `drop_params: true` under litellm_settings; to send them all the same name them in allowed_openai_params.");
    }

    /// <summary>By the provider's table, or by what this one of its models refuses.</summary>
    private static HashSet<string> Unsupported(UpstreamRequest request, UpstreamProvider provider, ParameterRules rules)
    {
        using var body = Parse(request.Body);
        return Names(request)
            .Where(name => OpenAiParameters.IsUnsupported(provider, name, rules)
                || (!rules.Allowed.Contains(name) && ReasoningModels.Refuses(request, provider, name, of => Value(request, body, of))))
            .ToHashSet(StringComparer.Ordinal);
    }

    private static bool WantsMoreChoices(UpstreamRequest request)
    {
        if (!request.Defaults.ContainsKey("n") && request.Body.Span.IndexOf("\"n\""u8) < 0) return false;
        using var body = Parse(request.Body);
        var choices = Value(request, body, "n");
        return choices.ValueKind == JsonValueKind.Number && choices.TryGetInt64(out var number) && number > 1;
    }

    private static JsonElement Value(UpstreamRequest request, JsonDocument? body, string name) =>
        body is not null && body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty(name, out var given)
            ? given : request.Defaults.GetValueOrDefault(name);

    /// <summary>The configured rules and those in the body, which are taken out of it.</summary>
    private static ParameterRules Asked(ref UpstreamRequest request, IReadOnlySet<string> enforced)
    {
        var rules = request.Parameters;
        if (request.Body.Span.IndexOf("drop_params\""u8) < 0 && request.Body.Span.IndexOf("allowed_openai_params\""u8) < 0) return rules;
        using var body = Parse(request.Body);
        if (body is null || body.RootElement.ValueKind != JsonValueKind.Object) return rules;
        if (body.RootElement.TryGetProperty("drop_params", out var drop) && drop.ValueKind is JsonValueKind.True or JsonValueKind.False)
            rules = rules with { Drop = drop.GetBoolean() };
        var defaults = request.Defaults;
        rules = rules with
        {
            AlsoDrop = rules.AlsoDrop
                .Concat(Named(body.RootElement, "additional_drop_params").Where(name => !(enforced.Contains(name) && defaults.ContainsKey(name)))).ToFrozenSet(StringComparer.Ordinal),
            Allowed = rules.Allowed.Concat(Named(body.RootElement, "allowed_openai_params")).Where(OpenAiParameters.All.Contains).ToFrozenSet(StringComparer.Ordinal),
        };
        request = request with { Body = Copy(request.Body, name => InBody.Contains(name) ? null : name) };
        return rules;
    }

    private static List<string> Named(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) return [];
        var given = list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).ToList();
        if (given.Count(MemberPaths.IsPath) > MemberPaths.MostInBody)
            throw UpstreamException.CallerFault(name, $"{name} may have at most {MemberPaths.MostInBody} paths such as a.b or a[*].b.");
        return given;
    }

    private static UpstreamRequest Without(UpstreamRequest request, IReadOnlySet<string> names, List<string> dropped)
    {
        var present = Names(request).Where(names.Contains).ToList();
        dropped.AddRange(present);
        if (present.Count > 0)
        {
            request = request with
            {
                Body = Copy(request.Body, name => names.Contains(name) ? null : name),
                Defaults = request.Defaults.Where(d => !names.Contains(d.Key)).ToFrozenDictionary(StringComparer.Ordinal),
            };
        }

        var paths = names.Where(MemberPaths.IsPath).ToList();
        return paths.Count == 0 ? request : request with { Body = new MemberPaths(paths).LeaveOutOf(request.Body, dropped) };
    }

    private static UpstreamRequest Renamed(UpstreamRequest request, string from, string to)
    {
        var inBody = request.Body.Span.IndexOf(Encoding.UTF8.GetBytes($"\"{from}\"")) >= 0;
        if (!inBody && !request.Defaults.ContainsKey(from)) return request;
        var names = Names(request).ToHashSet(StringComparer.Ordinal);
        if (!names.Contains(from)) return request;
        var defaults = request.Defaults.ToDictionary(StringComparer.Ordinal);
        if (defaults.Remove(from, out var value)) defaults.TryAdd(to, value);
        if (!inBody) return request with { Defaults = defaults };
        // Who sends both means the newer one.
        var isNewer = to == NewerLimit.Name && Has(request.Body, to, JsonValueKind.Number);
        var older = isNewer ? from : Has(request.Body, from) ? to : null;
        return request with { Body = Copy(request.Body, name => name == older ? null : name == from ? to : name), Defaults = defaults };
    }

    /// <param name="kind">Of this kind only.</param>
    private static bool Has(ReadOnlyMemory<byte> body, string name, JsonValueKind? kind = null)
    {
        using var document = Parse(body);
        return document is not null && document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value)
            && (kind is null || value.ValueKind == kind);
    }

    /// <summary>Of the body and the defaults; null is no value to support.</summary>
    private static IEnumerable<string> Names(UpstreamRequest request)
    {
        using var body = Parse(request.Body);
        var inBody = body is null || body.RootElement.ValueKind != JsonValueKind.Object
            ? [] : body.RootElement.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).Select(m => m.Name).ToList();
        return inBody.Concat(request.Defaults.Keys).Distinct(StringComparer.Ordinal);
    }

    /// <summary>A body that is not JSON is the dialect's to refuse.</summary>
    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body, NestedJson.Document);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The top level with other names, or without some members; values byte for byte.</summary>
    private static ReadOnlyMemory<byte> Copy(ReadOnlyMemory<byte> body, Func<string, string?> rename)
    {
        var output = new ArrayBufferWriter<byte>(body.Length);
        output.Write("{"u8);
        var reader = new Utf8JsonReader(body.Span, NestedJson.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = rename(reader.GetString()!);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (name is null) continue;
            if (output.WrittenCount > 1) output.Write(","u8);
            output.Write(JsonText.Quote(name));
            output.Write(":"u8);
            output.Write(body.Span[start..(int)reader.BytesConsumed]);
        }

        output.Write("}"u8);
        return output.WrittenMemory;
    }
}
