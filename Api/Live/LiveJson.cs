using System.Globalization;
using System.Text.Json;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>Backends and requests as the pages read them. Times are milliseconds.</summary>
internal sealed class LiveJson(KeyNames names, ICatalog catalog, SimulatedAddresses simulated)
{
    public void Backend(Utf8JsonWriter json, BackendStatus status, Sight sight)
    {
        var s = status.Snapshot;
        var current = catalog.Current;
        json.WriteStartObject();
        json.WriteString("backend", s.Name);
        json.WriteString("node", status.Node);
        json.WriteString("at", Text(status.At));
        json.WriteBoolean("simulated", simulated.Contains(s.Url));
        json.WriteNumber("slots", s.Slots);
        json.WriteNumber("running", s.Running);
        json.WriteNumber("waiting", s.Waiting);
        json.WriteNumber("waiting_share", Math.Round(s.WaitingShare ?? s.Waiting, 4));
        if (current.Backends.TryGetValue(s.Name, out var options)) json.WriteNumber("max_queue", options.MaxQueue);
        json.WriteString("circuit", Word(s.Circuit));
        Time(json, "half_open_in_ms", s.HalfOpenIn);
        json.WriteString("health", Word(s.Health));
        json.WriteBoolean("draining", s.Draining);
        Texts(json, "models", current.Groups.SelectMany(g => g.Deployments).Where(d => d.Backend == s.Name).Select(d => d.Group).Distinct());
        Texts(json, "loaded", s.ModelsLoaded);
        Time(json, "first_token_p50_ms", status.FirstTokenMedian);
        Time(json, "first_token_p95_ms", status.FirstToken95);
        json.WriteNumber("tokens_per_second", Math.Round(status.TokensPerSecond, 2));
        if (s.TokensPerSecond is { } speed) json.WriteNumber("speed", Math.Round(speed, 2));
        json.WriteNumber("served", s.Served);
        json.WriteNumber("failed", s.Failed);
        // The words of an upstream may name addresses and accounts.
        if (sight.IsFull) json.WriteString("last_error", s.LastError);
        json.WriteNumber("sidelined", s.Deployments.Count(d => d.SidelinedFor is not null));
        json.WriteStartArray("holders");
        foreach (var holder in status.Holders.Where(sight.Sees)) Holder(json, holder);
        json.WriteEndArray();
        json.WriteStartArray("queue");
        foreach (var waiter in status.Waiters.Where(sight.Sees)) Waiter(json, waiter);
        json.WriteEndArray();
        json.WriteStartArray("history");
        foreach (var moment in status.History) Moment(json, moment);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void Story(Utf8JsonWriter json, RequestStory story)
    {
        json.WriteStartObject();
        json.WriteString("id", story.RequestId);
        json.WriteString("time", Text(story.Time));
        json.WriteString("node", story.Node);
        json.WriteString("key", story.Key is null ? null : names.Of(story.Key));
        json.WriteString("user", Person(story.User));
        json.WriteString("model", story.Model);
        json.WriteString("group", story.ModelGroup);
        json.WriteString("backend", story.Backend);
        json.WriteString("status", story.Status);
        json.WriteBoolean("stream", story.Stream);
        json.WriteNumber("prompt_tokens", story.PromptTokens);
        json.WriteNumber("completion_tokens", story.CompletionTokens);
        if (story.Cost is { } cost) json.WriteNumber("cost", cost);
        Time(json, "took_ms", story.Took);
        Time(json, "queued_ms", story.Queued);
        Time(json, "first_token_ms", story.FirstToken);
        json.WriteNumber("retries", story.Retries);
        json.WriteNumber("fallbacks", story.Fallbacks);
        json.WriteBoolean("cached", story.CacheHit);
        json.WriteStartArray("steps");
        foreach (var step in story.Steps) Step(json, step);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What is told of a caller: who it is, without the prefix of the grain's key.</summary>
    public string Person(string user)
    {
        if (user.StartsWith("user:", StringComparison.Ordinal)) return user[5..];
        return user.StartsWith("key:", StringComparison.Ordinal) ? names.Of(user[4..]) : user;
    }

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private void Holder(Utf8JsonWriter json, SlotHolder holder)
    {
        json.WriteStartObject();
        json.WriteString("id", holder.RequestId);
        json.WriteString("key", holder.Key is null ? null : names.Of(holder.Key));
        json.WriteString("user", holder.User is null ? null : Person(holder.User));
        json.WriteString("model", holder.Model);
        Time(json, "age_ms", holder.Age);
        json.WriteEndObject();
    }

    private void Waiter(Utf8JsonWriter json, WaitingRequest waiter)
    {
        json.WriteStartObject();
        json.WriteString("id", waiter.RequestId);
        json.WriteString("key", waiter.Key is null ? null : names.Of(waiter.Key));
        json.WriteString("user", Person(waiter.User));
        json.WriteString("model", waiter.Model);
        json.WriteNumber("position", waiter.Position);
        Time(json, "age_ms", waiter.Age);
        json.WriteNumber("priority", waiter.Priority);
        json.WriteEndObject();
    }

    private static void Moment(Utf8JsonWriter json, BackendMoment moment)
    {
        json.WriteStartObject();
        Time(json, "age_ms", moment.Age);
        json.WriteNumber("served", moment.Served);
        json.WriteNumber("failed", moment.Failed);
        json.WriteNumber("tokens", moment.Tokens);
        json.WriteNumber("running", moment.Running);
        json.WriteNumber("waiting", moment.Waiting);
        json.WriteEndObject();
    }

    private static void Step(Utf8JsonWriter json, RequestStep step)
    {
        json.WriteStartObject();
        json.WriteString("kind", Word(step.Kind));
        Time(json, "from_ms", step.From);
        Time(json, "until_ms", step.Until);
        json.WriteString("where", step.Where);
        json.WriteString("detail", step.Detail);
        json.WriteBoolean("failed", step.Failed);
        json.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } value) json.WriteNumber(name, Math.Round(value.TotalMilliseconds, 1));
        else json.WriteNull(name);
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
