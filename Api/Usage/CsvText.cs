namespace OrleansLlm.Api.Usage;

/// <summary>One field of a CSV file.</summary>
internal static class CsvText
{
    /// <summary>Names are chosen by clients: what a spreadsheet would take for a formula is made a text.</summary>
    public static string Of(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(',', '"', '\n') < 0 && !text.Contains('\r') ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
