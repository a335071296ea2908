using OrleansLlm.Ledger;

namespace OrleansLlm.Tests.Usage;

internal static class Rows
{
    public static LedgerRow Row(int number, DateTimeOffset? time = null) => new()
    {
        RequestId = $"req-{number}",
        Time = time ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        UserId = "user:ada",
        Model = "m",
        Status = LedgerRow.Success,
        PromptTokens = 3,
        CompletionTokens = number,
        FirstTokenMs = 1.5,
    };

    public static LedgerRow[] Of(int first, int count) => [.. Enumerable.Range(first, count).Select(n => Row(n))];
}
