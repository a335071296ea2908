using OrleansLlm.Api.Audit;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>The audit log in memory, which learns of each change as soon as it is made: a test may do something in between there, or break the request off.</summary>
internal sealed class WatchedAudit : IAuditLog
{
    private readonly List<AuditEntry> _entries = [];

    /// <summary>Null: goes on.</summary>
    public Func<AuditEntry, Task>? Then { get; set; }

    public List<AuditEntry> Of(string action)
    {
        lock (_entries) return _entries.FindAll(e => e.Action == action);
    }

    public void Write(AuditEntry entry)
    {
        lock (_entries) _entries.Add(entry);
        Then?.Invoke(entry).GetAwaiter().GetResult();
    }
}
