using System.Collections.Immutable;

namespace OrleansLlm.Ledger.Storage;

/// <summary>What is summed up, under which names, and what is added of a row. New ones come last: a table that was made before has them there.</summary>
internal sealed class SumColumns
{
    private SumColumns(ImmutableArray<(string Column, string OfRow)> sums)
    {
        Types = string.Join(", ", sums.Select(s => $"{s.Column} {(s.Column is "cost" or "latency_ms" or "first_token_ms" ? "DOUBLE PRECISION" : "BIGINT")} NOT NULL"));
        Names = string.Join(", ", sums.Select(s => s.Column));
        OfRows = string.Join(", ", sums.Select(s => $"sum({s.OfRow}) AS {s.Column}"));
        OfSums = string.Join(", ", sums.Select(s => $"sum({s.Column}) AS {s.Column}"));
        Added = $"DO UPDATE SET {string.Join(", ", sums.Select(s => $"{s.Column} = old.{s.Column} + excluded.{s.Column}"))}";
    }

    private static ImmutableArray<(string Column, string OfRow)> First { get; } =
    [
        ("requests", "1"),
        ("successes", $"CASE WHEN status = '{LedgerRow.Success}' THEN 1 ELSE 0 END"),
        ("prompt_tokens", "prompt_tokens"),
        ("completion_tokens", "completion_tokens"),
        ("cost", "coalesce(cost, 0)"),
        ("latency_ms", $"CASE WHEN status = '{LedgerRow.Success}' THEN latency_ms ELSE 0 END"),
        ("first_token_ms", "coalesce(first_token_ms, 0)"),
        ("first_tokens", "CASE WHEN first_token_ms IS NULL THEN 0 ELSE 1 END"),
    ];

    /// <summary>Of the tables until version 4.</summary>
    public static SumColumns UntilVersion4 { get; } = new(First);

    public static SumColumns Now { get; } = new(First.Add(("cancelled", $"CASE WHEN status = '{LedgerRow.Cancelled}' THEN 1 ELSE 0 END")));

    /// <summary>What version 5 adds to a table, which is done at once however large it is: what was summed up before counts none.</summary>
    public const string OfVersion5 = "cancelled BIGINT NOT NULL DEFAULT 0";

    /// <summary>For a table; they suit both databases.</summary>
    public string Types { get; }

    public string Names { get; }

    /// <summary>Over rows, named.</summary>
    public string OfRows { get; }

    /// <summary>Over sums, named.</summary>
    public string OfSums { get; }

    /// <summary>What becomes of a line that is there, whose name is <c>old</c>.</summary>
    public string Added { get; }
}
