using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLlm.Ledger;

namespace OrleansLlm.Bench.Growth;

/// <summary>
/// Rows of some days, in their order, from 100,000 keys of which few ask much: the busiest one asks 2 % of all. Half of the keys are of users, three keys each; two thirds are
/// of 200 teams. Repeatable.
/// </summary>
internal sealed class LedgerRows(int count, int days)
{
    public const int Keys = 100_000;
    private const int Teams = 200;

    private readonly string[] _hashes = [.. Enumerable.Range(0, Keys).Select(k => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Number(k)))))];

    public int Days => days;

    public DateTimeOffset Start => Today.AddDays(1 - days);

    public DateTimeOffset Today { get; } = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    public string KeyOf(int key) => _hashes[key];

    public string UserOf(int key) => key % 2 == 0 ? "key:" + KeyOf(key) : "user:" + Number(key / 6);

    public string? TeamOf(int key) => key % 3 == 2 ? null : "team-" + Number(key % Teams);

    public string ModelOf(int number) => "model-" + Number(number);

    public LedgerRow Row(int number)
    {
        var hash = SHA256.HashData(BitConverter.GetBytes(number));
        var skewed = BitConverter.ToUInt32(hash) / (double)uint.MaxValue;
        var key = (int)(skewed * skewed * skewed * (Keys - 1));
        var time = Start + (TimeSpan.FromDays(days) * Math.Min(1.0, (double)number / count));
        return new LedgerRow
        {
            RequestId = $"req-{time.ToUnixTimeMilliseconds():x12}{Convert.ToHexStringLower(hash.AsSpan(0, 10))}",
            Time = time,
            KeyHash = KeyOf(key),
            KeyAlias = "key-" + Number(key),
            UserId = UserOf(key),
            TeamId = TeamOf(key),
            Model = ModelOf(hash[20] % 4 * (hash[21] % 3)),
            ModelGroup = "chat",
            UpstreamModel = "ollama_chat/qwen2.5:0.5b",
            DeploymentId = "0a1b2c3d",
            Backend = "http://ollama-1:11434",
            PromptTokens = 100 + hash[22],
            CompletionTokens = 10 + hash[23],
            Cost = (100 + hash[22]) * 1e-6,
            LatencyMs = 500 + hash[24],
            FirstTokenMs = 50 + hash[25],
            QueueMs = hash[26] < 200 ? 0 : hash[26],
            Status = hash[27] < 248 ? LedgerRow.Success : "cancelled",
            Stream = hash[28] < 128,
        };
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
