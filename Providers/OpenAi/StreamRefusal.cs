using System.Text.RegularExpressions;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// Tells a service's refusal to stream, or to stream with usage, from a request that is at fault. OpenAI does not stream some models for organizations that
/// it has not verified, nor audio as wav for anybody; Azure's older versions do not know <c>stream_options</c>; Bedrock does not stream the calls of some models.
/// </summary>
internal static partial class StreamRefusal
{
    /// <summary>What to ask instead; null: the failure stands.</summary>
    /// <param name="asked">What was refused.</param>
    /// <param name="clientStreams">The client wants a stream, and only a stream will do.</param>
    public static StreamForm? Instead(UpstreamFailure failure, StreamForm asked, bool clientStreams)
    {
        if (failure.Status is not (400 or 422)) return null;
        if (asked == StreamForm.StreamWithUsage && IsOfOptions(failure)) return StreamForm.Stream;
        return asked != StreamForm.Whole && !clientStreams && IsOfStreaming(failure) ? StreamForm.Whole : null;
    }

    /// <summary>Whether the next request to the same model would be refused as well; else something in this one does not go with a stream.</summary>
    public static bool IsOfTheModel(UpstreamFailure failure) => failure.Param == "stream" || IsOfOptions(failure);

    private static bool IsOfStreaming(UpstreamFailure failure) => failure.Param == "stream" || Streaming().IsMatch(failure.Message);

    private static bool IsOfOptions(UpstreamFailure failure) =>
        failure.Param is "stream_options" or "stream_options.include_usage" || (string.IsNullOrEmpty(failure.Param) && Options().IsMatch(failure.Message));

    /// <summary>Not another member of it: that one is the client's.</summary>
    [GeneratedRegex(@"\bstream_options\b(?!\.(?!include_usage\b)\w)")]
    private static partial Regex Options();

    [GeneratedRegex(@"\bstream\s?[=:]\s?true\b|\bto stream\b|\bin streaming mode\b", RegexOptions.IgnoreCase)]
    private static partial Regex Streaming();
}
