using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.queue</c>: what holds for every queue, and what users get in them.</summary>
internal static class QueueReader
{
    public static QueueDraft Read(ConfigSection gateway)
    {
        if (gateway.Map("queue") is not { } map) return new QueueDraft();
        var path = gateway.PathOf("queue");
        gateway.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, gateway.Report);
        var draft = ReadBounds(s) with
        {
            PriorityAgeing = s.Seconds("priority_ageing", 0),
            Comments = s.Bool("comments"),
            Users = ReadUsers(s),
        };
        s.Finish();
        return draft;
    }

    /// <summary>The keys that a backend may have of its own as well.</summary>
    public static QueueDraft ReadBounds(ConfigSection s) => new()
    {
        MaxQueue = s.Int("max_queue", 0, 1_000_000),
        MaxQueuePerUser = s.Int("max_queue_per_user", 1, 1_000_000),
        QueueTimeout = s.Seconds("queue_timeout"),
        ModelPatience = s.Seconds("model_patience", 0),
    };

    private static ImmutableDictionary<string, UserQueueOptions> ReadUsers(ConfigSection s)
    {
        var users = ImmutableDictionary.CreateBuilder<string, UserQueueOptions>(StringComparer.Ordinal);
        if (s.Map("users") is not { } map) return users.ToImmutable();
        var path = s.PathOf("users");
        s.Report.Honoured(path, map.Line);
        foreach (var entry in map.Entries)
        {
            var userPath = $"{path}.{entry.Key}";
            if (entry.Value is not ConfigMap options)
            {
                s.Report.Error(userPath, entry.Line, $"expected a mapping like {{weight: 2}}, found {entry.Value.Describe()}");
                continue;
            }

            var section = new ConfigSection(options, userPath, s.Report, knownAs: path + ".*");
            users[UserKey(entry.Key)] = new UserQueueOptions(section.Number("weight", 0.01, 100) ?? 1, section.Int("priority", 0, 255));
            section.Finish();
        }

        return users.ToImmutable();
    }

    /// <summary>The user grain's key: a plain name is the <c>user</c> field of requests.</summary>
    private static string UserKey(string name) =>
        name == "anonymous" || name.StartsWith("key:", StringComparison.Ordinal) || name.StartsWith("user:", StringComparison.Ordinal) ? name : "user:" + name;
}

/// <summary>Null: not said.</summary>
internal sealed record QueueDraft
{
    public int? MaxQueue { get; init; }

    public int? MaxQueuePerUser { get; init; }

    public TimeSpan? QueueTimeout { get; init; }

    public TimeSpan? ModelPatience { get; init; }

    public TimeSpan? PriorityAgeing { get; init; }

    public bool? Comments { get; init; }

    public ImmutableDictionary<string, UserQueueOptions> Users { get; init; } = ImmutableDictionary<string, UserQueueOptions>.Empty;
}
