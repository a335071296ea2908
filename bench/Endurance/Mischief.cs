using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Endurance;

/// <summary>What containers do wrong, once.</summary>
internal static class Mischief
{
    private static readonly FaultKind[] Kinds =
    [
        FaultKind.Status, FaultKind.Status, FaultKind.Hang, FaultKind.Stall, FaultKind.ResetBeforeHeaders, FaultKind.ResetMidStream, FaultKind.CloseMidStream, FaultKind.Truncate,
        FaultKind.Garbage, FaultKind.GarbledJson, FaultKind.WrongContentType, FaultKind.ErrorEvent, FaultKind.CloseAfterReply, FaultKind.CloseReusedConnection, FaultKind.PlainJson,
        FaultKind.Pieces, FaultKind.SplitUtf8, FaultKind.MissingDone, FaultKind.MissingFinishReason, FaultKind.OmitUsage,
    ];

    private static readonly int[] Statuses = [400, 408, 429, 500, 502, 503];

    public static Fault Any(Random chance) => Of(Kinds[chance.Next(Kinds.Length)], chance);

    public static Fault Of(FaultKind kind, Random chance) => new()
    {
        Kind = kind,
        AfterTokens = chance.Next(-1, Door.Tokens),
        Status = Statuses[chance.Next(Statuses.Length)],
        Body = kind == FaultKind.Status ? """{"error":"simulated"}""" : null,
    };
}
