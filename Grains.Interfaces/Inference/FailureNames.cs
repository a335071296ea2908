using System.Collections.Frozen;
using System.Text.Json;

namespace OrleansLlm.Inference;

/// <summary>The kinds of failures in the words of ledger, logs and metrics: <c>queue_full</c>.</summary>
public static class FailureNames
{
    private static readonly FrozenDictionary<FailureKind, string> Names =
        Enum.GetValues<FailureKind>().ToFrozenDictionary(kind => kind, kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()));

    /// <summary>Of a kind that only nodes of a newer version know: <c>unknown</c>.</summary>
    public static string Of(FailureKind kind) => Names.GetValueOrDefault(kind, "unknown");

    /// <summary>An upstream that has turned down what a client asks has not failed: <c>upstream_refused</c>.</summary>
    public static string Of(Failure failure) => failure is { Kind: FailureKind.UpstreamStatus, CallerFault: true } ? "upstream_refused" : Of(failure.Kind);
}
