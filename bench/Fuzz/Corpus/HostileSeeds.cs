using System.Text;

namespace OrleansLlm.Bench.Fuzz.Corpus;

/// <summary>
/// Bodies that are cheap to send and would be dear to read if something were done once for each element that is as long as the body itself. Of each half is what is
/// long, half what there is much of.
/// </summary>
internal static class HostileSeeds
{
    private const string Chat = "\"model\":\"MODEL\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    /// <summary>By what they are made of; each with the path that it is sent to and about as many bytes as it is told.</summary>
    public static IReadOnlyDictionary<string, (string Path, Func<int, string> Of)> All { get; } = new Dictionary<string, (string Path, Func<int, string> Of)>
    {
        ["half a character behind many texts of a long name"] = ("/v1/chat/completions", size => $"{{{Chat},\"{Long(size)}\":[{Many(size, "\"\",")}\"\\ud83d\"]}}"),
        ["fallbacks of a group with a long name"] = ("/v1/chat/completions", size => $"{{{Chat},\"fallbacks\":[{{\"{Long(size)}\":[{Many(size, "\"\",")}\"\"]}}]}}"),
        ["fallbacks that are written again and again"] = ("/v1/chat/completions", size =>
            $"{{{Chat},\"context_window_fallbacks\":[{Many(Math.Min(size, 500), "\"\",")}\"\"]{Many(2 * size, ",\"fallbacks\":[]")}}}"),
        ["many paths"] = ("/v1/chat/completions", size => $"{{{Chat},\"a\":[{Many(size, "1,")}1],\"additional_drop_params\":[{Numbered(size, "\"a.{0}\"")}]}}"),
        ["paths to every element"] = ("/v1/chat/completions", size =>
            $"{{{Chat},\"a\":[{Many(size, "{},")}1],\"additional_drop_params\":[{Numbered(Math.Min(size, 1_800), "\"a[*].x{0}\"")}]}}"),
        ["extra_body beside many fields"] = ("/v1/chat/completions", size => $"{{{Chat},\"extra_body\":{{{Numbered(size, "\"a{0}\":1")}}},{Numbered(size, "\"b{0}\":1")}}}"),
        ["texts of a message with a long cache_control"] = ("/v1/chat/completions", size =>
            $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"user\",\"cache_control\":{{\"type\":\"{Long(size)}\"}},\"content\":[{Many(size, "\"x\",")}\"x\"]}}]}}"),
        ["results of a function with a long name"] = ("/v1/chat/completions", size =>
            $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"assistant\",\"tool_calls\":[{{\"id\":\"a\",\"type\":\"function\",\"function\":{{\"name\":\"{Long(size)}\",\"arguments\":\"\"}}}}]}}{Many(size, ",{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"\"}")}]}}"),
        ["calls and their results"] = ("/v1/chat/completions", size => $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}{Many(2 * size, Turn)}]}}"),
        ["results behind many messages"] = ("/v1/chat/completions", size =>
            $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}{Many(size, ",{\"role\":\"user\",\"content\":\"x\"}")}{Many(size, ",{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"\"}")}]}}"),
        ["texts beside a number of many digits"] = ("/v1/embeddings", size => $"{{\"model\":\"MODEL\",\"dimensions\":1.{new string('0', size / 2)},\"input\":[{Many(size, "\"x\",")}\"x\"]}}"),
        ["calls and results of Ollama's"] = ("/api/chat", size =>
            $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{Many(size, "{\"function\":{\"name\":\"a\"}},")}{{\"function\":{{\"name\":\"a\"}}}}]}}{Many(size, ",{\"role\":\"tool\",\"tool_call_id\":\"b\"}")}]}}"),
        ["many names that are not known"] = ("/api/chat", size => $"{{\"model\":\"MODEL\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],{Numbered(size, "\"a{0}\":1")},\"options\":{{{Numbered(size, "\"b{0}\":1")}}}}}"),
    };

    private const string Turn =
        ",{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"\"}";

    private static string Long(int size) => new('a', size / 2);

    private static string Many(int size, string one) => new StringBuilder().Insert(0, one, Math.Max(1, size / 2 / one.Length)).ToString();

    private static string Numbered(int size, string form)
    {
        var parsed = CompositeFormat.Parse(form);
        return string.Join(',', Enumerable.Range(0, Math.Max(1, size / 2 / (form.Length + 4))).Select(n => string.Format(null, parsed, n)));
    }
}
