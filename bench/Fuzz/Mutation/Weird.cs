using System.Text;

namespace OrleansLlm.Bench.Fuzz.Mutation;

/// <summary>Values that programs trip over.</summary>
internal static class Weird
{
    /// <summary>As they stand in JSON; the last ones are none.</summary>
    public static readonly byte[][] Values =
    [
        .. Utf8(
            "null", "true", "false", "0", "-0", "-1", "1", "2", "1.5", "0.1e1", "1E+2", "1e400", "-1e400", "1e-400", "1e308", "2147483647", "2147483648", "-2147483649", "4294967296",
            "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999999999999999", "0.000000000000000000000000000001",
            "\"\"", "\" \"", "\"0\"", "\"-1\"", "\"1e999\"", "\"true\"", "\"null\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"é\\n\\r\\t\\u2028\"",
            "\"data:image/png;base64,!!\"", "\"data:;base64,\"", "\"data:image/png;base64,aGk=\"", "\"data:\"", "\"http://127.0.0.1:1/\"", "\"http://[::1\"", "\"//\"", "\"../../etc/passwd\"", "\"%00%ff\"",
            "\"user\"", "\"assistant\"", "\"system\"", "\"tool\"", "\"function\"", "\"text\"", "\"auto\"", "\"none\"", "\"required\"", "\"stop\"", "\"error\"", "\"list\"", "\"x\\r\\ny: z\"",
            "\"9999-12-31T23:59:59Z\"", "\"0001-01-01\"", "\"1mo\"", "\"99999999999d\"", "\"-1d\"", "\"{\"", "\"{\\\"a\\\":1}\"", "\"[1\"",
            "[]", "{}", "[null]", "[[]]", "[{}]", "[0]", "[\"\"]", "[\"\\ud800\"]", "[true,false]", "{\"\":null}", "{\"a\":1,\"a\":2}", "{\"\\ud800\":1}", "{\"type\":null}", "{\"type\":\"text\"}", "{\"a\":{\"b\":[{}]}}",
            "NaN", "Infinity", "-", "01", "1.", ".5", "+1", "'x'", "\"\\x\"", "\"\\u12\"", "\"", "//", "undefined", ""),
        .. Utf8("\"" + new string('a', 300) + "\"", "\"" + new string('é', 2000) + "\"", new string('9', 400), "1" + new string('0', 400), "0." + new string('0', 500) + "1"),
    ];

    /// <summary>Inside of a JSON text.</summary>
    public static readonly byte[][] Fragments =
    [
        .. Utf8("\\u0000", "\\ud800", "\\udfff", "\\ud83d\\ude00", "\\n", "\\\"", "\\\\", "\\", "\\u00", "\u2028", "😀", "é", "\uFEFF", "%", "{{", "}}", "<script>", "</think>", "<think>", ": ", "\n", "\r", "\0", "data: ", "\t", "'", "..", "/", "*"),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF], [0x80],
    ];

    /// <summary>In headers and queries.</summary>
    public static readonly byte[][] Words =
    [
        .. Utf8("", " ", "0", "-1", "1", "1e400", "NaN", "Infinity", "-Infinity", "99999999999999999999", "0.0000001", "1,2", "true", "false", "null", "x", "%", "%00", "%zz", "%ff", "%ED%A0%80", "%2F", "..%2f", "a=b", "\"", "'", ";", "{}", "[]",
            "2026-02-30", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59-14:00", "asc", "desc", "csv", "day", "*/*", "text/csv", "é", "😀", "sk-x", "Bearer", "Basic Og==", "Basic !", "a:b", "req-00000000000000000000000000000000", "resp_", "conv_"),
        .. Utf8(new string('a', 300), new string('9', 40), new string('%', 50)),
        [0xFF], [0xC3, 0x28], [0x7F], [0x09],
    ];

    private static byte[][] Utf8(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
