using System.Text.Json;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// Reads an answer so that nothing in it can be a fault of ours: JSON by its grammar that still cannot be read (half a character, a text where a number
/// should be) is what the upstream has garbled.
/// </summary>
internal static class Hearing
{
    /// <exception cref="UpstreamException">Garbled, or an error event.</exception>
    public static void Hear(this IAnswer answer, ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        try
        {
            answer.Read(frame, chunks);
        }
        catch (Exception wrong) when (IsUnreadable(wrong))
        {
            throw Garbled(wrong);
        }
    }

    /// <exception cref="UpstreamException">Truncated, or garbled.</exception>
    public static void HearEnd(this IAnswer answer, List<UpstreamChunk> chunks)
    {
        try
        {
            answer.End(chunks);
        }
        catch (Exception wrong) when (IsUnreadable(wrong))
        {
            throw Garbled(wrong);
        }
    }

    private static bool IsUnreadable(Exception wrong) =>
        wrong is JsonException or InvalidOperationException or FormatException or OverflowException or KeyNotFoundException;

    private static UpstreamException Garbled(Exception wrong) =>
        UpstreamException.Of(FailureKind.Garbled, "The upstream sent JSON that cannot be read.", wrong);
}
