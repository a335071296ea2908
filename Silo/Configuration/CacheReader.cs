using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>cache</c> and <c>cache_params</c>, wherever they stand, and <c>gateway_settings.cache</c>.</summary>
internal static class CacheReader
{
    private const string Local = "local";
    private const string RedisType = "redis";

    /// <summary>LiteLLM's names for the calls that are cached; it has one for each way in which it is called itself.</summary>
    private static readonly Dictionary<string, InferenceKind> CallTypes = new(StringComparer.Ordinal)
    {
        ["completion"] = InferenceKind.Chat,
        ["acompletion"] = InferenceKind.Chat,
        ["text_completion"] = InferenceKind.Completion,
        ["atext_completion"] = InferenceKind.Completion,
        ["embedding"] = InferenceKind.Embedding,
        ["aembedding"] = InferenceKind.Embedding,
    };

    /// <param name="note">Said of the key <c>cache</c>.</param>
    /// <returns>Null: the section does not say.</returns>
    public static CacheDraft? Read(ConfigSection s, string? note = null)
    {
        var on = s.Bool("cache", note);
        var parameters = s.Map("cache_params");
        if (on is null && parameters is null) return null;
        var draft = new CacheDraft { On = on ?? false };
        if (parameters is null) return draft;
        var path = s.PathOf("cache_params");
        s.Report.Honoured(path, parameters.Line);
        if (on is null) s.Report.Warning(path, parameters.Line, "means nothing without cache: true");
        return ReadParameters(new ConfigSection(parameters, path, s.Report, knownAs: "litellm_settings.cache_params"), draft);
    }

    /// <summary>What LiteLLM has no word for.</summary>
    public static CacheBounds? ReadBounds(ConfigSection s)
    {
        if (s.Map("cache") is not { } map) return null;
        var path = s.PathOf("cache");
        s.Report.Honoured(path, map.Line);
        var section = new ConfigSection(map, path, s.Report);
        var bounds = new CacheBounds(
            (long?)section.Number("max_bytes", 1024), (long?)section.Number("max_entry_bytes", 1024, 16 << 20), section.Bool("shared"));
        section.Finish();
        return bounds;
    }

    /// <summary>All of it together. Says where the answers really are, if that is not where the file wants them.</summary>
    public static CacheOptions Resolve(CacheDraft? draft, CacheBounds? bounds, ClusterSettings cluster, ConfigReport report)
    {
        var defaults = new CacheOptions();
        var asked = draft?.Type ?? (draft?.Redis is not null || draft is { HasParameters: false } ? RedisType : Local);
        var redis = asked == RedisType ? draft?.Redis ?? cluster.RedisConnection : null;
        var options = new CacheOptions
        {
            Enabled = draft?.On ?? false,
            OptIn = draft?.OptIn ?? false,
            Ttl = draft?.Ttl ?? defaults.Ttl,
            Namespace = draft?.Namespace ?? "",
            Kinds = draft?.Kinds ?? defaults.Kinds,
            MaxBytes = bounds?.MaxBytes ?? defaults.MaxBytes,
            MaxEntryBytes = bounds?.MaxEntryBytes ?? defaults.MaxEntryBytes,
            Shared = bounds?.Shared ?? defaults.Shared,
            Redis = Engine.HasOtherNodes ? redis : null,
            AskedFor = draft is null ? Local : asked,
        };
        if (!options.Enabled || draft is not { Path: { } path }) return options;
        if (asked is not (Local or RedisType)) report.Warning(path, draft.Line, $"a cache of type {asked} is not there: answers are kept in each process, and found by exact match");
        else if (asked == RedisType && !Engine.HasOtherNodes) report.Warning(path, draft.Line, "this engine is one process and keeps the answers in it; a Redis cache needs the Orleans engine (-p:Engine=Orleans)");
        else if (asked == RedisType && redis is null) report.Warning(path, draft.Line, "no address of a Redis is known (host, REDIS_URL or REDIS_HOST): answers are kept in each process");
        return options;
    }

    private static CacheDraft ReadParameters(ConfigSection s, CacheDraft draft)
    {
        var mode = s.String("mode");
        if (mode is not (null or "default_on" or "default_off")) s.Report.Error(s.PathOf("mode"), s.Line, $"expected default_on or default_off, found '{mode}'");
        var ttl = s.Seconds("ttl");
        var inMemory = s.Seconds("default_in_memory_ttl");
        var inRedis = s.Seconds("default_in_redis_ttl");
        draft = draft with
        {
            HasParameters = true,
            Path = s.Path,
            Line = s.Line,
            Type = s.String("type"),
            OptIn = mode == "default_off",
            Ttl = ttl ?? inRedis ?? inMemory,
            Namespace = s.String("namespace"),
            Kinds = KindsOf(s),
            Redis = RedisOf(s),
        };
        s.Finish("not honoured: this cache has no use for it");
        return draft;
    }

    private static ImmutableArray<InferenceKind>? KindsOf(ConfigSection s)
    {
        if (s.Strings("supported_call_types") is not { } names) return null;
        foreach (var unknown in names.Where(n => !CallTypes.ContainsKey(n)))
        {
            s.Report.Ignored(s.PathOf("supported_call_types"), s.Line, $"'{unknown}' is not cached here");
        }

        return [.. names.Where(CallTypes.ContainsKey).Select(n => CallTypes[n]).Distinct()];
    }

    private static string? RedisOf(ConfigSection s)
    {
        var host = s.String("host");
        var port = s.Int("port", 1, 65535) ?? 6379;
        var password = s.String("password");
        var user = s.String("username");
        var database = s.Int("db");
        var ssl = s.Bool("ssl");
        if (string.IsNullOrEmpty(host)) return null;
        var connection = string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        if (!string.IsNullOrEmpty(user)) connection += $",user={user}";
        if (!string.IsNullOrEmpty(password)) connection += $",password={password}";
        if (database is { } number) connection += string.Create(CultureInfo.InvariantCulture, $",defaultDatabase={number}");
        return ssl is true ? connection + ",ssl=true" : connection;
    }
}

/// <summary><c>cache</c> and <c>cache_params</c>; null: not said.</summary>
internal sealed record CacheDraft
{
    public bool On { get; init; }

    public bool HasParameters { get; init; }

    public string? Path { get; init; }

    public int Line { get; init; }

    public string? Type { get; init; }

    public bool OptIn { get; init; }

    public TimeSpan? Ttl { get; init; }

    public string? Namespace { get; init; }

    public ImmutableArray<InferenceKind>? Kinds { get; init; }

    /// <summary>In StackExchange.Redis' form.</summary>
    public string? Redis { get; init; }
}

/// <summary><c>gateway_settings.cache</c>; null: not said.</summary>
internal sealed record CacheBounds(long? MaxBytes, long? MaxEntryBytes, bool? Shared);
