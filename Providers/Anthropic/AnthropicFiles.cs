using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// Pictures and files as Claude takes them: a picture as an image, a PDF as a document, a text as a document in plain words
/// (https://docs.claude.com/en/docs/build-with-claude/files).
/// </summary>
internal static class AnthropicFiles
{
    private const string Pdf = "application/pdf";
    private const string Unknown = "application/octet-stream";

    /// <summary>What else is a text, besides <c>text/…</c>.</summary>
    private static readonly string[] Texts = ["application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript"];

    private static readonly Dictionary<string, string> ByEnding = new(StringComparer.OrdinalIgnoreCase)
    {
        [".pdf"] = Pdf, [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".webp"] = "image/webp", [".txt"] = "text/plain",
        [".md"] = "text/markdown", [".csv"] = "text/csv", [".html"] = "text/html", [".xml"] = "application/xml", [".json"] = "application/json", [".yaml"] = "application/yaml",
        [".yml"] = "application/yaml",
    };

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static void WriteImage(Utf8JsonWriter json, JsonElement part, string where, Action<Utf8JsonWriter> writeCached)
    {
        var (url, here) = ChatMessage.ImageUrl(part, where);
        json.WriteStartObject();
        if (DataUri.Is(url)) WriteData(json, DataUri.Parse(url, here), here);
        else WriteAddress(json, "image", url);
        writeCached(json);
        json.WriteEndObject();
    }

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static void WriteFile(Utf8JsonWriter json, JsonElement part, string where, Action<Utf8JsonWriter> writeCached)
    {
        where += ".file.file_data";
        part.TryGetProperty("file", out var file);
        var given = ChatMessage.String(file, "file_data") ?? (ChatMessage.String(file, "file_id") is { } id && IsAddress(id) ? id : null);
        if (given is null) throw UpstreamException.CallerFault(where, $"{where} must be a data: URI: files by id belong to another service.");
        var name = ChatMessage.String(file, "filename");
        json.WriteStartObject();
        var isDocument = true;
        if (IsAddress(given)) WriteAddress(json, "document", given);
        else isDocument = WriteData(json, Data(given, name, where), where);
        if (isDocument && name is not null) json.WriteString("title", name);
        writeCached(json);
        json.WriteEndObject();
    }

    /// <returns>It is a document, not a picture.</returns>
    private static bool WriteData(Utf8JsonWriter json, DataUri data, string where)
    {
        var isImage = data.MediaType.StartsWith("image/", StringComparison.Ordinal);
        json.WriteString("type", isImage ? "image" : "document");
        json.WriteStartObject("source");
        if (isImage || data.MediaType == Pdf)
        {
            json.WriteString("type", "base64");
            json.WriteString("media_type", data.MediaType);
            json.WriteString("data", data.Base64);
        }
        else if (data.MediaType.StartsWith("text/", StringComparison.Ordinal) || Texts.Contains(data.MediaType))
        {
            json.WriteString("type", "text");
            json.WriteString("media_type", "text/plain");
            json.WriteString("data", Encoding.UTF8.GetString(Convert.FromBase64String(data.Base64)));
        }
        else
        {
            throw UpstreamException.CallerFault(where, $"{where} must be a picture, a PDF or a text, not {data.MediaType}: Anthropic takes nothing else.");
        }

        json.WriteEndObject();
        return !isImage;
    }

    /// <summary>The service fetches it itself.</summary>
    private static void WriteAddress(Utf8JsonWriter json, string type, string url)
    {
        json.WriteString("type", type);
        json.WriteStartObject("source");
        json.WriteString("type", "url");
        json.WriteString("url", url);
        json.WriteEndObject();
    }

    /// <summary>Where the content does not say what it is, its name or its first letters do.</summary>
    private static DataUri Data(string given, string? name, string where)
    {
        var data = DataUri.Parse(DataUri.Is(given) ? given : $"data:{Unknown};base64,{given}", where);
        if (data.MediaType != Unknown) return data;
        var type = data.Base64.StartsWith("JVBERi0", StringComparison.Ordinal) ? Pdf : ByEnding.GetValueOrDefault(Path.GetExtension(name ?? ""));
        return type is null ? data : data with { MediaType = type };
    }

    private static bool IsAddress(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
