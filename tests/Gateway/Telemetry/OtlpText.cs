using System.Buffers.Binary;
using System.Text;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>As much of protobuf as an OTLP request of spans or metrics needs to be read.</summary>
internal static class OtlpText
{
    public static IEnumerable<OtlpSpan> Spans(byte[] request) =>
        from resource in Fields(request).Where(f => f.Number == 1)
        from scope in Fields(resource.Bytes).Where(f => f.Number == 2)
        from span in Fields(scope.Bytes).Where(f => f.Number == 2)
        select Span(Fields(span.Bytes).ToList());

    public static IEnumerable<string> MetricNames(byte[] request) =>
        from resource in Fields(request).Where(f => f.Number == 1)
        from scope in Fields(resource.Bytes).Where(f => f.Number == 2)
        from metric in Fields(scope.Bytes).Where(f => f.Number == 2)
        select Encoding.UTF8.GetString(Fields(metric.Bytes).First(f => f.Number == 1).Bytes);

    private static OtlpSpan Span(List<Field> fields) => new(
        Hex(fields, 1), Hex(fields, 2), Hex(fields, 4), Encoding.UTF8.GetString(fields.First(f => f.Number == 5).Bytes), (int)(fields.FirstOrDefault(f => f.Number == 6)?.Value ?? 0),
        fields.Where(f => f.Number == 9).Select(f => Fields(f.Bytes).ToList()).ToDictionary(a => Encoding.UTF8.GetString(a[0].Bytes), a => Text(Fields(a[1].Bytes).First()), StringComparer.Ordinal))
    {
        TraceState = Encoding.UTF8.GetString(fields.FirstOrDefault(f => f.Number == 3)?.Bytes ?? []),
        IsError = fields.Any(f => f.Number == 15 && Fields(f.Bytes).Any(s => s is { Number: 3, Value: 2 })),
    };

    private static string Hex(List<Field> fields, int number) => Convert.ToHexStringLower(fields.FirstOrDefault(f => f.Number == number)?.Bytes ?? []);

    private static string Text(Field any) => any.Number == 1 ? Encoding.UTF8.GetString(any.Bytes) : any.Number == 4 ? BitConverter.Int64BitsToDouble(any.Value).ToString("R", System.Globalization.CultureInfo.InvariantCulture) : any.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<Field> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message, ref at);
            var (number, wire) = ((int)(tag >> 3), (int)(tag & 7));
            switch (wire)
            {
                case 0:
                    yield return new Field(number, Varint(message, ref at), []);
                    break;
                case 1:
                    yield return new Field(number, BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(at)), []);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return new Field(number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    yield return new Field(number, BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(at)), []);
                    at += 4;
                    break;
                default:
                    throw new FormatException($"Wire type {wire}.");
            }
        }
    }

    private static long Varint(byte[] message, ref int at)
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }

    private sealed record Field(int Number, long Value, byte[] Bytes);
}

/// <param name="Kind">1 internal, 2 server, 3 client.</param>
internal sealed record OtlpSpan(string TraceId, string SpanId, string ParentId, string Name, int Kind, IReadOnlyDictionary<string, string> Tags)
{
    public bool IsError { get; init; }

    public string TraceState { get; init; } = "";
}
