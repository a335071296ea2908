namespace OrleansLlm.Catalog;

/// <summary>US dollars for one token of a prompt and of an answer.</summary>
/// <param name="CacheRead">For one of a prompt that the service had in its cache; null: as any other.</param>
/// <param name="CacheWrite">For one that it has put into it; null: as any other.</param>
public readonly record struct TokenPrice(double Input, double Output, double? CacheRead = null, double? CacheWrite = null)
{
    /// <summary>
    /// That of a model by its name, else by its name without the date of a version (<c>-20250929</c>, <c>-2025-04-14</c>, Google's <c>@20250929</c>) or a word for the newest (<c>-latest</c>,
    /// <c>@default</c>).
    /// </summary>
    /// <returns>Null: it is not in the list.</returns>
    public static TokenPrice? Find(IReadOnlyDictionary<string, TokenPrice> list, string model) =>
        list.TryGetValue(model, out var price) || list.TryGetValue(Undated(model), out price) ? price : null;

    private static string Undated(string model)
    {
        foreach (var newest in (ReadOnlySpan<string>)["-latest", "@default"])
        {
            if (model.EndsWith(newest, StringComparison.Ordinal)) return model[..^newest.Length];
        }

        foreach (var form in (ReadOnlySpan<string>)["-dddddddd", "-dddd-dd-dd", "@dddddddd"])
        {
            if (model.Length > form.Length && IsOf(form, model.AsSpan(model.Length - form.Length))) return model[..^form.Length];
        }

        return model;
    }

    private static bool IsOf(string form, ReadOnlySpan<char> end)
    {
        for (var i = 0; i < form.Length; i++)
        {
            if (form[i] == 'd' ? !char.IsAsciiDigit(end[i]) : end[i] != form[i]) return false;
        }

        return true;
    }
}
