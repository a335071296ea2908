using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Telemetry;

/// <summary>A client's W3C trace context.</summary>
internal static class TraceHeaders
{
    /// <summary>What W3C asks everybody to pass on at least; more is not passed on.</summary>
    private const int LongestState = 512;

    public static string? Parent(IHeaderDictionary headers) => headers.TraceParent is { Count: 1 } parent ? parent.ToString() : null;

    /// <summary>All lists of <c>tracestate</c> as one; null: none, or one that is no header to send on.</summary>
    public static string? State(IHeaderDictionary headers)
    {
        if (headers.TraceState.Count == 0) return null;
        var state = headers.TraceState.ToString();
        return state.Length is > 0 and <= LongestState && state.All(c => c is >= ' ' and <= '~') ? state : null;
    }
}
