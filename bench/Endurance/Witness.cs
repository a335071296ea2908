using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Endurance;

/// <summary>Remembers every write that the gateway has acknowledged, and asks for it in the end.</summary>
internal sealed class Witness
{
    /// <summary>So often is a key made for it.</summary>
    public static readonly TimeSpan KeyEvery = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentQueue<string> _keys = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _responses = new(StringComparer.Ordinal);

    public int Writes => _keys.Count + _turns.Values.Sum(t => t.Count) + _responses.Count;

    public void Key(string key) => _keys.Enqueue(key);

    /// <summary>A whole answer to this marker was told in this conversation.</summary>
    public void Turn(string conversation, string marker) => _turns.GetOrAdd(conversation, _ => new()).Enqueue(marker);

    public void Response(string id, string marker) => _responses[id] = marker;

    public async Task LookAsync(HttpClient gateway, Findings findings)
    {
        var lost = new List<string>();
        foreach (var key in _keys)
        {
            if (await GetAsync(gateway, $"/key/info?key={key}") is null) lost.Add(key);
        }

        findings.Add(lost.Count == 0, $"{_keys.Count} keys made, {lost.Count} lost: {string.Join(", ", lost.Take(3))}");

        var (missing, twice) = (new List<string>(), new List<string>());
        foreach (var (conversation, markers) in _turns)
        {
            var asked = await TurnsAsync(gateway, conversation);
            missing.AddRange(markers.Except(asked));
            twice.AddRange(asked.GroupBy(m => m).Where(g => g.Count() > 1).Select(g => g.Key));
        }

        findings.Add(missing.Count + twice.Count == 0, $"{_turns.Values.Sum(t => t.Count)} turns of {_turns.Count} conversations, {missing.Count} lost, {twice.Count} twice: {string.Join(", ", missing.Concat(twice).Take(3))}");

        lost.Clear();
        foreach (var (id, marker) in _responses)
        {
            var read = new Reading();
            if (await GetAsync(gateway, $"/v1/responses/{id}") is { } stored) Door.ResponseWhole.Read(stored, read);
            if (read.Text.ToString() != Door.Expected(marker)) lost.Add(id);
        }

        findings.Add(lost.Count == 0, $"{_responses.Count} responses stored, {lost.Count} lost: {string.Join(", ", lost.Take(3))}");
    }

    /// <summary>What was asked in it, as the gateway has it.</summary>
    private static async Task<List<string>> TurnsAsync(HttpClient gateway, string conversation)
    {
        var asked = new List<string>();
        string? after = null;
        while (true)
        {
            var page = await GetAsync(gateway, string.Create(CultureInfo.InvariantCulture, $"/v1/conversations/{conversation}/items?order=asc&limit=100{(after is null ? "" : $"&after={after}")}"));
            if (page is not { } items) return asked;
            foreach (var item in items.GetProperty("data").EnumerateArray().Where(i => i.GetProperty("role").GetString() == "user")) asked.Add(item.GetProperty("content")[0].GetProperty("text").GetString()!);
            if (!items.GetProperty("has_more").GetBoolean()) return asked;
            after = items.GetProperty("last_id").GetString();
        }
    }

    private static async Task<JsonElement?> GetAsync(HttpClient gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BenchGateway.Master);
        using var answer = await gateway.SendAsync(request);
        if (!answer.IsSuccessStatusCode) return null;
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.Clone();
    }
}
