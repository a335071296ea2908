using System.Text;

namespace OrleansLlm.Bench.Fuzz.Mutation;

/// <summary>Edits of a stream of frames: server-sent events or lines of JSON.</summary>
internal static class StreamEdits
{
    private static readonly string[] Intruders =
    [
        ": a comment", ":", "data:", "data", "data: [DONE]", "data: [DONE", "data: {}", "data: []", "data: null", "data: \"x\"", "data: {\"error\":\"x\"}", "data: {\"error\":{\"message\":\"\\ud800\",\"code\":500}}", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}",
        "event: error\ndata: nonsense", "event: ping\ndata: {\"type\":\"ping\"}", "id: 1\nretry: 5\ndata: {}", "retry: x", "{}", "{\"error\":\"x\"}", "{\"error\":{}}", "{\"done\":true}", "null", "7", "<html>", "data: {\"choices\":[]}", "data: {\"choices\":[{}]}",
        "data: {\"choices\":[{\"delta\":null}]}", "data: {\"choices\":null}", "data: {\"choices\":[{\"index\":-1,\"delta\":{\"content\":\"x\"}}]}", "data: {\"choices\":[{\"index\":2147483647,\"delta\":{\"tool_calls\":[{\"index\":99999}]}}]}", "data: {\"candidates\":[]}", "data: {\"candidates\":[{}]}",
        "data: {\"type\":\"message_stop\"}", "data: {\"type\":\"content_block_delta\",\"index\":7,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}", "data: {\"type\":\"content_block_stop\"}", "data: {\"type\":\"message_start\"}", "data: {\ndata: }", "event\n", "\uFEFFdata: {}",
    ];

    public static byte[] Edit(Dice dice, byte[] stream)
    {
        var frames = Frames(stream, out var separator);
        if (frames.Count == 0) return ByteEdits.Edit(dice, stream);
        var at = dice.Below(frames.Count);
        switch (dice.Below(16))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(at, frames[at]);
                break;
            case 2:
                var other = dice.Below(frames.Count);
                (frames[at], frames[other]) = (frames[other], frames[at]);
                break;
            case 3:
                frames.Insert(dice.Below(frames.Count + 1), Encoding.UTF8.GetBytes(dice.Pick(Intruders)));
                break;
            case 4:
                separator = dice.Pick((string[])["\r\n\r\n", "\n", "\r\r", "\n\n\n\n", "\r\n", " \n\n", "\r\n\n", "\n\r", ""]);
                break;
            case 5:
                frames.RemoveRange(at, frames.Count - at);
                break;
            case 6:
                return ByteEdits.Edit(dice, Whole(frames, separator));
            case 7:
                var whole = Whole(frames, separator);
                return whole[..dice.Below(whole.Length + 1)];
            case 8:
                frames.Reverse();
                break;
            default:
                frames[at] = EditFrame(dice, frames[at]);
                break;
        }

        return Whole(frames, separator);
    }

    private static byte[] EditFrame(Dice dice, byte[] frame)
    {
        var json = frame.AsSpan().IndexOf((byte)'{');
        if (json < 0) return ByteEdits.Edit(dice, frame);
        var edited = JsonEdits.Edit(dice, frame[json..]);
        return [.. frame.AsSpan(0, json), .. edited];
    }

    private static List<byte[]> Frames(byte[] stream, out string separator)
    {
        var text = Encoding.Latin1.GetString(stream);
        separator = text.Contains("\r\n\r\n", StringComparison.Ordinal) ? "\r\n\r\n" : text.Contains("\n\n", StringComparison.Ordinal) ? "\n\n" : "\n";
        return [.. text.Split(separator, StringSplitOptions.RemoveEmptyEntries).Select(Encoding.Latin1.GetBytes)];
    }

    private static byte[] Whole(List<byte[]> frames, string separator)
    {
        var end = Encoding.Latin1.GetBytes(separator);
        return [.. frames.SelectMany(f => f.Concat(end))];
    }
}
