using System.Globalization;
using System.Text;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>One request and what the upstream service answers to it. MODEL and what stands in angle brackets is filled in for the worker that sends it.</summary>
/// <param name="Route">Pattern of the route that it was made for.</param>
/// <param name="Reply">Null: the upstream is well.</param>
/// <param name="LeaveAfter">The client leaves after so many bytes of the answer's body; null: it stays.</param>
internal sealed record HttpCase(
    long Number, string Route, string Method, byte[] Target, IReadOnlyList<(string Name, byte[] Value)> Headers, byte[]? Body, string Provider, Reply? Reply, int? LeaveAfter)
{
    public bool IsHead => Method == "HEAD";

    /// <summary>The request on the wire.</summary>
    public byte[] ToBytes(Func<string, string> fill)
    {
        var body = Body is null ? null : Fill(Body, fill);
        var head = new MemoryStream();
        Write(head, Encoding.ASCII.GetBytes(Method), " "u8, Fill(Target, fill), " HTTP/1.1\r\nHost: gateway\r\n"u8);
        foreach (var (name, value) in Headers) Write(head, Encoding.ASCII.GetBytes(name), ": "u8, Fill(value, fill), "\r\n"u8);
        if (body is not null) Write(head, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n")), [], [], []);
        head.Write("\r\n"u8);
        if (body is not null) head.Write(body);
        return head.ToArray();
    }

    public override string ToString()
    {
        var text = new StringBuilder($"{Method} {Found.Show(Target)} for {Provider}");
        foreach (var (name, value) in Headers.Where(h => h.Name != "Authorization")) text.Append($" | {name}: {Found.Show(value)}");
        if (Body is not null) text.Append($" | {Found.Show(Body)}");
        if (Reply is not null) text.Append($" | upstream ({Reply.End}): {Found.Show(Reply.Bytes)}");
        if (LeaveAfter is { } bytes) text.Append(CultureInfo.InvariantCulture, $" | leaves after {bytes} bytes");
        return text.ToString();
    }

    private static void Write(Stream to, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d)
    {
        to.Write(a);
        to.Write(b);
        to.Write(c);
        to.Write(d);
    }

    private static byte[] Fill(byte[] text, Func<string, string> fill) => Encoding.Latin1.GetBytes(fill(Encoding.Latin1.GetString(text)));
}
