using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>
/// Pictures and documents as Converse takes them: by content, with a format of its own list
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html). Of addresses it takes those in S3
/// alone, and reads them with the rights of the key that asks, which are not the client's: none is passed on.
/// </summary>
internal sealed class ConverseFiles
{
    private const int LongestName = 200;

    private static readonly string[] Pictures = ["png", "jpeg", "gif", "webp"];

    /// <summary>By media type, or by the ending of a name.</summary>
    private static readonly Dictionary<string, string> Documents = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application/pdf"] = "pdf", ["text/csv"] = "csv", ["application/msword"] = "doc", ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"] = "docx",
        ["application/vnd.ms-excel"] = "xls", ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] = "xlsx", ["text/html"] = "html", ["text/plain"] = "txt", ["text/markdown"] = "md",
        [".pdf"] = "pdf", [".csv"] = "csv", [".doc"] = "doc", [".docx"] = "docx", [".xls"] = "xls", [".xlsx"] = "xlsx", [".html"] = "html", [".htm"] = "html", [".txt"] = "txt", [".md"] = "md",
        ["application/json"] = "txt", ["application/xml"] = "txt", ["application/yaml"] = "txt", ["application/x-yaml"] = "txt", [".json"] = "txt", [".xml"] = "txt", [".yaml"] = "txt", [".yml"] = "txt",
    };

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _copies = new(StringComparer.Ordinal);

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public void WriteImage(Utf8JsonWriter json, JsonElement part, string where)
    {
        var (url, here) = ChatMessage.ImageUrl(part, where);
        WriteData(json, DataUri.Is(url) ? DataUri.Parse(url, here) : throw NotFetched(here), null, here);
    }

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public void WriteFile(Utf8JsonWriter json, JsonElement part, string where)
    {
        where += ".file.file_data";
        part.TryGetProperty("file", out var file);
        var name = ChatMessage.String(file, "filename");
        var given = ChatMessage.String(file, "file_data") ?? ChatMessage.String(file, "file_id");
        if (given is null) throw UpstreamException.CallerFault(where, $"{where} must be a data: URI: files by id belong to another service.");
        if (given.Contains("://", StringComparison.Ordinal) && !DataUri.Is(given)) throw NotFetched(where);
        WriteData(json, DataUri.Parse(DataUri.Is(given) ? given : $"data:application/octet-stream;base64,{given}", where), name, where);
    }

    private void WriteData(Utf8JsonWriter json, DataUri data, string? name, string where)
    {
        var isPicture = data.MediaType.StartsWith("image/", StringComparison.Ordinal);
        var format = isPicture ? PictureAt("." + data.MediaType["image/".Length..]) ?? throw NoPicture(where) : DocumentOf(data, name) ?? throw NoDocument(where);
        Begin(json, isPicture ? "image" : "document", format, isPicture ? null : NameOf(Path.GetFileNameWithoutExtension(name ?? "")));
        json.WriteString("bytes", data.Base64);
        End(json);
    }

    private static void Begin(Utf8JsonWriter json, string kind, string format, string? name)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("format", format);
        if (name is not null) json.WriteString("name", name);
        json.WriteStartObject("source");
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Where the content does not say what it is, its name or its first letters do.</summary>
    private static string? DocumentOf(DataUri data, string? name) => Documents.GetValueOrDefault(data.MediaType) ?? Documents.GetValueOrDefault(Path.GetExtension(name ?? ""))
        ?? (data.Base64.StartsWith("JVBERi0", StringComparison.Ordinal) ? "pdf" : data.MediaType.StartsWith("text/", StringComparison.Ordinal) ? "txt" : null);

    private static string? PictureAt(string ending) => ending.ToLowerInvariant() switch
    {
        ".jpg" => "jpeg",
        { Length: > 1 } known when Pictures.Contains(known[1..]) => known[1..],
        _ => null,
    };

    /// <summary>Each document has a name, and no other the same; of letters, digits, single blanks, hyphens and brackets.</summary>
    private string NameOf(string wanted)
    {
        var name = new StringBuilder();
        foreach (var letter in wanted.Take(LongestName))
        {
            var kept = char.IsAsciiLetterOrDigit(letter) || letter is '-' or '(' or ')' or '[' or ']' ? letter : ' ';
            // Two blanks in a row are refused.
            if (kept != ' ' || (name.Length > 0 && name[^1] != ' ')) name.Append(kept);
        }

        var plain = name.ToString().Trim() is { Length: > 0 } some ? some : "document";
        var copy = _copies.GetValueOrDefault(plain, 1);
        var told = plain;
        while (!_names.Add(told)) told = FormattableString.Invariant($"{plain} {++copy}");
        _copies[plain] = copy;
        return told;
    }

    private static UpstreamException NotFetched(string where) => UpstreamException.CallerFault(where, $"{where} must be a data: URI: nothing is fetched from an address.");

    private static UpstreamException NoPicture(string where) => UpstreamException.CallerFault(where, $"{where} must be a picture as PNG, JPEG, GIF or WebP: Bedrock takes nothing else.");

    private static UpstreamException NoDocument(string where) =>
        UpstreamException.CallerFault(where, $"{where} must be a picture, a PDF, a text, or a document of Word or Excel: Bedrock takes nothing else.");
}
