using System.Buffers.Text;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>
/// What a request wants of a prepared answer. The pace stands at the end of its prompt, since that is what every gateway passes on as it is:
/// <c>[pace ttft=50 gap=20 tokens=50]</c>, in milliseconds.
/// </summary>
internal readonly record struct PreparedWish(bool IsOllama, bool Stream, bool Usage, int FirstTokenMs, int GapMs, int Tokens)
{
    private const int MostTokens = 10_000;

    /// <summary>Never parses the body: what it costs is no gateway's.</summary>
    public static PreparedWish Of(ReadOnlySpan<byte> path, ReadOnlySpan<byte> body)
    {
        var ollama = path.StartsWith("/api/"u8);
        var pace = body.LastIndexOf("[pace "u8);
        var words = pace < 0 ? default : body[pace..];
        return new PreparedWish(
            ollama, Flag(body, "\"stream\""u8, otherwise: ollama), body.IndexOf("\"include_usage\""u8) >= 0,
            Number(words, "ttft="u8, 0), Number(words, "gap="u8, 0), Math.Clamp(Number(words, "tokens="u8, 16), 1, MostTokens));
    }

    private static bool Flag(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name, bool otherwise)
    {
        var at = body.LastIndexOf(name);
        return at < 0 ? otherwise : body[(at + name.Length)..].TrimStart(" :\t\r\n"u8).StartsWith("true"u8);
    }

    private static int Number(ReadOnlySpan<byte> words, ReadOnlySpan<byte> name, int otherwise)
    {
        var at = words.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(words[(at + name.Length)..], out int number, out _) ? number : otherwise;
    }
}
