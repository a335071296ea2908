using System.Text.Json;

namespace OrleansLlm.Providers.Http;

/// <summary>Reads a list of models out of a response, within a bound.</summary>
internal static class ModelList
{
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <param name="list">The member with the array: "models" or "data".</param>
    /// <param name="name">The member of its objects with the name: "name" or "id".</param>
    /// <exception cref="HttpRequestException">Another status than 200; it is in StatusCode.</exception>
    /// <exception cref="JsonException">Too long, or not such a list.</exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(HttpResponseMessage response, string list, string name, CancellationToken ct)
    {
        response.EnsureSuccessStatusCode();
        using var body = await Encodings.DecodedAsync(response.Content, ct).ConfigureAwait(false);
        var buffer = new MemoryStream();
        try
        {
            var piece = new byte[16 * 1024];
            while (await body.ReadAsync(piece, ct).ConfigureAwait(false) is > 0 and var bytes)
            {
                buffer.Write(piece, 0, bytes);
                if (buffer.Length > MaxBytes) throw new JsonException($"The list of models is longer than {MaxBytes} bytes.");
            }
        }
        catch (Exception broken) when (Encodings.IsBroken(broken, body))
        {
            throw new JsonException("The list of models is not in the encoding it names.", broken);
        }

        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(list, out var models))
            throw new JsonException("The answer is not a list of models.");
        if (models.ValueKind == JsonValueKind.Null) return [];
        if (models.ValueKind != JsonValueKind.Array) throw new JsonException("The answer is not a list of models.");
        var names = new List<string>();
        foreach (var model in models.EnumerateArray())
        {
            if (model.ValueKind == JsonValueKind.Object && model.TryGetProperty(name, out var named) && named.ValueKind == JsonValueKind.String)
                names.Add(named.GetString()!);
        }

        return names;
    }
}
