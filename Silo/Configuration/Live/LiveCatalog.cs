using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Overlay;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// The configuration in force in this process: the file with administrators' changes over it. A new text of the file takes its place when it has
/// no errors; else the old one stays. Requests that run keep the catalog they began with.
/// </summary>
internal sealed class LiveCatalog : ICatalog, ICatalogCompiler
{
    private readonly Lock _gate = new();
    private readonly Func<string, string?> _variable;
    private readonly ToldWarnings _told = new();
    private string _text;
    private CatalogOverlay _overlay = CatalogOverlay.None;
    private volatile GatewayCatalog _current;

    /// <param name="text">A configuration; whether it may be used says <see cref="StartReport"/>.</param>
    /// <param name="variable">Looks an environment variable up.</param>
    public LiveCatalog(string text, Func<string, string?> variable)
    {
        (_text, _variable) = (text, variable);
        (_current, StartReport) = ConfigLoader.Load(text, variable);
        _told.Take(StartReport);
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

    /// <summary>Of the overlay in force.</summary>
    public long OverlayVersion
    {
        get
        {
            lock (_gate) return _overlay.Version;
        }
    }

    public CompiledCatalog Compile(CatalogOverlay overlay) => Compile(Text, overlay).Compiled;

    /// <summary>Taken in any case: the other nodes have it, and the file in force may have become faulty by what it names.</summary>
    public OverlayTaken TakeOverlay(CatalogOverlay overlay)
    {
        lock (_gate)
        {
            var (compiled, report) = Compile(_text, overlay);
            _overlay = overlay;
            PutInForce(compiled.Catalog);
            return new OverlayTaken(compiled.Problems, report, _told.Take(report));
        }
    }

    public Taken TakeText(string text)
    {
        lock (_gate)
        {
            var (asked, report) = Judge(text);
            if (report.HasErrors) return new Taken(report, []);
            _text = text;
            _told.Take(report);
            return new Taken(report, PutInForce(asked));
        }
    }

    private (GatewayCatalog Catalog, ConfigReport Report) Judge(string text)
    {
        try
        {
            var (compiled, report) = Compile(text, _overlay);
            // A file that is being replaced may be empty for a while; a gateway that serves nothing is nobody's wish.
            if (string.IsNullOrWhiteSpace(text)) report.Error("(file)", 1, "is empty");
            if (!report.HasErrors) FindLosses(text, compiled.Catalog, report);
            return (compiled.Catalog, report);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (GatewayCatalog.Empty, ConfigLoader.Broken(e));
        }
    }

    private (CompiledCatalog Compiled, ConfigReport Report) Compile(string text, CatalogOverlay overlay)
    {
        var report = new ConfigReport();
        var environment = new EnvironmentReferences(_variable);
        var merge = new OverlayMerge(environment, _variable);
        if (YamlReader.Read(text, environment, report) is not { } file) return (new CompiledCatalog(GatewayCatalog.Empty, merge.Sources, merge.Problems), report);
        var catalog = ConfigLoader.Load(merge.Apply(file, overlay), _variable, report);
        return (new CompiledCatalog(catalog, merge.Sources, merge.Problems), report);
    }

    private void FindLosses(string text, GatewayCatalog asked, ConfigReport report)
    {
        ReloadLosses.OfTheMasterKey(_current, asked, report);
        var unused = new ConfigReport();
        if (YamlReader.Read(text, new EnvironmentReferences(_variable), unused) is not { } file) return;
        var emptied = file.Find("model_list") is ConfigList { Items.IsEmpty: true };
        ReloadLosses.OfAllModels(ConfigLoader.Load(_text, _variable).Catalog, ConfigLoader.Load(file, _variable, unused), emptied, report);
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

/// <param name="Problems">What is wrong with the overlay's entries here; the others are in force.</param>
/// <param name="Report">With errors: the file in force is not what it was when it was taken, and what they concern is left out, or as if it were not written.</param>
/// <param name="NewWarnings">Those that neither the file nor the overlay before this one had.</param>
internal sealed record OverlayTaken(ImmutableDictionary<string, string> Problems, ConfigReport Report, ImmutableArray<ConfigFinding> NewWarnings);
