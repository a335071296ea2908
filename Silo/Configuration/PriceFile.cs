using System.Collections.Concurrent;
using System.Text.Json;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Prices from a file of the operator's, in the form of LiteLLM's <c>model_prices_and_context_window.json</c>: an object of models, by their names with or without a prefix. Read whenever the
/// configuration is.
/// </summary>
internal sealed class PriceFile
{
    private const string Key = "prices";

    /// <summary>LiteLLM's own has some 2 MB.</summary>
    private const long MaxBytes = 32 << 20;

    private readonly Dictionary<string, TokenPrice> _byName;
    private readonly Dictionary<string, string?> _providers;
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, TokenPrice>> _byPrefix = new(StringComparer.Ordinal);

    /// <summary>That of the last file that could be read: while somebody replaces it nothing loses its price.</summary>
    private static Known? _last;

    private PriceFile(Dictionary<string, TokenPrice> byName, Dictionary<string, string?> providers) => (_byName, _providers) = (byName, providers);

    public static PriceFile None { get; } = new([], []);

    public static PriceFile Read(ConfigSection s)
    {
        if (s.String(Key, note: "prices of models that say none, before the list that is built in") is not { Length: > 0 } path) return None;
        if (TryRead(path, out var problem) is { } file)
        {
            _last = new Known(path, file);
            return file;
        }

        if (_last is { } last && last.Path == path)
        {
            s.Report.Warning(s.PathOf(Key), s.Take(Key)!.Line, $"{problem}: the prices that it had before stay in force");
            return last.Prices;
        }

        s.Report.Error(s.PathOf(Key), s.Take(Key)!.Line, $"expected the path of a file with prices as LiteLLM's model_prices_and_context_window.json has them, and this one {problem}");
        return None;
    }

    /// <summary>By the name that is configured, with its prefix and without, or what the model really is.</summary>
    public TokenPrice? Find(ProviderEntry provider, Deployment deployment, string? baseModel)
    {
        // One's own costs nothing, whatever a service asks for a model of that name.
        if (_byName.Count == 0 || provider.IsOllama) return null;
        if (baseModel is not null) return TokenPrice.Find(_byName, baseModel) ?? TokenPrice.Find(_byName, baseModel[(baseModel.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return TokenPrice.Find(_byName, deployment.ConfiguredModel.Contains('/') ? deployment.ConfiguredModel : $"{provider.Prefix}/{deployment.Model}") ?? TokenPrice.Find(Of(provider.Prefix), deployment.Model);
    }

    /// <summary>Of all models of a provider, by their names at it: for a deployment that serves whichever is asked for.</summary>
    public IReadOnlyDictionary<string, TokenPrice> Of(string prefix)
    {
        if (_byName.Count == 0) return Deployment.NoListPrices;
        if (_byPrefix.TryGetValue(prefix, out var known)) return known;
        var own = new Dictionary<string, TokenPrice>(StringComparer.Ordinal);
        foreach (var (name, price) in _byName)
        {
            if (name.StartsWith(prefix + "/", StringComparison.Ordinal)) own[name[(prefix.Length + 1)..]] = price;
            else if (IsOf(prefix, name)) own.TryAdd(name, price);
        }

        return _byPrefix[prefix] = own;
    }

    /// <summary>A name without a prefix is that of a model at its maker's: LiteLLM says whose it is, by the prefix or a word that begins with it (<c>bedrock_converse</c>).</summary>
    private bool IsOf(string prefix, string name) => _providers[name] is not { } provider || provider.StartsWith(prefix, StringComparison.Ordinal);

    private static PriceFile? TryRead(string path, out string problem)
    {
        if (OperatorFile.TryRead(path, MaxBytes, out problem) is not { } text) return null;
        problem = "is no JSON object";
        try
        {
            return Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static PriceFile? Parse(byte[] text)
    {
        using var json = JsonDocument.Parse(text);
        if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
        var (prices, providers) = (new Dictionary<string, TokenPrice>(StringComparer.Ordinal), new Dictionary<string, string?>(StringComparer.Ordinal));
        foreach (var model in json.RootElement.EnumerateObject())
        {
            if (model.Value.ValueKind != JsonValueKind.Object) continue;
            var (input, output) = (Number(model.Value, "input_cost_per_token"), Number(model.Value, "output_cost_per_token"));
            // Pictures, seconds and characters have prices of their own, by which nothing goes here.
            if (input is null && output is null) continue;
            prices[model.Name] = new TokenPrice(input ?? 0, output ?? 0, Number(model.Value, "cache_read_input_token_cost"), Number(model.Value, "cache_creation_input_token_cost"));
            providers[model.Name] = model.Value.TryGetProperty("litellm_provider", out var provider) && provider.ValueKind == JsonValueKind.String ? provider.GetString() : null;
        }

        return new PriceFile(prices, providers);
    }

    private static double? Number(JsonElement model, string name) =>
        model.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and var price && double.IsFinite(price) ? price : null;

    private sealed record Known(string Path, PriceFile Prices);
}
