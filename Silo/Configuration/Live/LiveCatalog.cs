using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// The configuration in force in this process. A new text of the file takes its place when it has no errors; else the old one stays. Requests
/// that run keep the catalog they began with.
/// </summary>
internal sealed class LiveCatalog : ICatalog
{
    private readonly Lock _gate = new();
    private readonly Func<string, string?> _variable;
    private string _text;
    private volatile GatewayCatalog _current;

    /// <param name="text">A configuration; whether it may be used says <see cref="StartReport"/>.</param>
    /// <param name="variable">Looks an environment variable up.</param>
    public LiveCatalog(string text, Func<string, string?> variable)
    {
        (_text, _variable) = (text, variable);
        (_current, StartReport) = ConfigLoader.Load(text, variable);
    }

    /// <summary>Called after each change with the catalog before it and the one in force now, one change at a time.</summary>
    public event Action<GatewayCatalog, GatewayCatalog>? Changed;

    public GatewayCatalog Current => _current;

    public ConfigReport StartReport { get; }

    /// <summary>The text in force.</summary>
    public string Text
    {
        get
        {
            lock (_gate) return _text;
        }
    }

    public Taken TakeText(string text)
    {
        lock (_gate)
        {
            var (catalog, report) = ConfigLoader.Load(text, _variable);
            // A file that is being replaced may be empty for a while; a gateway that serves nothing is nobody's wish.
            if (string.IsNullOrWhiteSpace(text)) report.Error("(file)", 1, "is empty");
            if (report.HasErrors) return new Taken(report, []);
            _text = text;
            return new Taken(report, PutInForce(catalog));
        }
    }

    private ImmutableArray<string> PutInForce(GatewayCatalog asked)
    {
        var before = _current;
        var (settings, needRestart) = RestartSettings.Keep(before.Settings, asked.Settings);
        _current = new GatewayCatalog(asked.Groups, asked.Backends.Values, asked.Routing, settings);
        Changed?.Invoke(before, _current);
        return needRestart;
    }
}

/// <param name="Report">With errors: nothing has changed.</param>
/// <param name="NeedRestart">Keys whose change waits for the next start.</param>
internal sealed record Taken(ConfigReport Report, ImmutableArray<string> NeedRestart);
