using System.Collections.Frozen;
using System.Text.Json;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>Reasons in the words of metrics: <c>queue_full</c>.</summary>
internal static class RefusalNames
{
    private static readonly FrozenDictionary<RefusalReason, string> Names =
        Enum.GetValues<RefusalReason>().ToFrozenDictionary(reason => reason, reason => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()));

    /// <summary>Of a reason that only nodes of a newer version know: <c>unknown</c>.</summary>
    public static string Of(RefusalReason reason) => Names.GetValueOrDefault(reason, "unknown");
}
