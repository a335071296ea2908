using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>The event that a client has seen last: the SSE standard's <c>Last-Event-ID</c>, or a query parameter for clients that cannot set headers.</summary>
/// <param name="Source">What the client named it by.</param>
internal readonly record struct ResumePoint(long LastSeen, string Source)
{
    private const string Header = "Last-Event-ID";
    private const string Parameter = "last_event_id";

    public static ResumePoint Of(HttpRequest request)
    {
        var (text, source) = request.Headers[Header] is { Count: > 0 } header ? (header.ToString(), Header) : (request.Query[Parameter].ToString(), Parameter);
        if (text.Length == 0) return new ResumePoint(0, source);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) && seen < long.MaxValue
            ? new ResumePoint(seen, source)
            : throw Invalid(source, "expected the number of an event, or 0 for the beginning.");
    }

    public RequestException Refuse(LogRefused refused) => refused.Reason switch
    {
        LogRefusal.Gone => new RequestException(ApiError.From(Failure.StreamLogFull(refused.First))),
        LogRefusal.Beyond => Invalid(Source, string.Create(CultureInfo.InvariantCulture, $"{LastSeen} is after the newest event, {refused.Last}.")),
        _ => new RequestException(ApiError.From(Failure.StreamNotFound)),
    };

    private static RequestException Invalid(string source, string problem) =>
        new(ApiError.BadRequest($"Invalid '{source}': {problem}", source, "invalid_last_event_id"));
}
