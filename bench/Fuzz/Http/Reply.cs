namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>What an upstream service answers, as bytes on the wire.</summary>
/// <param name="Cuts">From which the sizes of the pieces follow; 0: in one piece.</param>
internal sealed record Reply(byte[] Bytes, ulong Cuts, ReplyEnd End);

/// <summary>What becomes of the connection afterwards.</summary>
internal enum ReplyEnd
{
    Kept,
    Closed,
    Reset,

    /// <summary>Nothing more comes, and nobody closes.</summary>
    Silent,
}
