using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrleansLlm.Catalog;
using OrleansLlm.Limits;

namespace OrleansLlm.Silo.Configuration;

/// <summary>Puts what the readers found together: deployments, the backends behind them, and who stands in for whom.</summary>
internal sealed class CatalogBuilder(ConfigReport report, RouterDraft router, GeneralDraft general, GatewayDraft gateway, TelemetryOptions telemetry)
{
    private const int CloudSlots = 1000;
    private const int MostNamed = 10;
    private static readonly TimeSpan OllamaModelPatience = TimeSpan.FromSeconds(10);

    public GatewayCatalog Build(List<ModelEntry> entries, string? defaultModelFromEnvironment)
    {
        var names = NameBackends(entries);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var deployments = entries.ConvertAll(e => Deploy(e, names[e], ids));
        var groups = deployments.GroupBy(d => d.Group, StringComparer.Ordinal).Select(g => new ModelGroup(g.Key, [.. g])).ToList();
        var users = deployments.ToLookup(d => d.Backend, StringComparer.Ordinal);
        var backends = entries.GroupBy(e => names[e], StringComparer.Ordinal)
            .Select(g => Backend(g.Key, [.. g]) with { Deployments = [.. users[g.Key]] })
            .ToList();
        foreach (var unused in gateway.Backends.Where(b => !entries.Any(e => Matches(b, e))))
        {
            report.Warning(unused.Path, unused.Line, "no model of this file uses this address");
        }

        TellLoopbacks(entries);
        TellLimits(entries);
        var served = new GatewayCatalog(groups, [], new RoutingOptions(), new GatewaySettings());
        var aliases = Aliases(served);
        var routing = new RoutingOptions
        {
            Strategy = router.Strategy,
            StrategyArguments = router.StrategyArguments,
            Fallbacks = new FallbackOptions
            {
                General = Known(router.Fallbacks.General, served, aliases),
                ContextWindow = Known(router.Fallbacks.ContextWindow, served, aliases),
                ContentPolicy = Known(router.Fallbacks.ContentPolicy, served, aliases),
                Default = Known(router.Fallbacks.Default, served, aliases),
                Max = router.Fallbacks.Max,
            },
            ModelGroupAlias = aliases,
            HiddenAliases = [.. router.Aliases.Where(a => a.Hidden).Select(a => a.Alias)],
            RetryPolicy = router.RetryPolicy,
            ModelGroupRetryPolicy = router.ModelGroupRetryPolicy,
            RetryAfter = router.RetryAfter,
            PreCallChecks = router.PreCallChecks,
            FiltersTags = router.FiltersTags,
            NeedsAllTags = router.NeedsAllTags,
            Models = gateway.Models,
        };
        // Of general ones it means something: requests for a name that is none are answered by those that it leads to.
        foreach (var (source, entry) in router.Fallbacks.ContextWindow.Concat(router.Fallbacks.ContentPolicy).Where(f => !MayFail(f.Key, served, aliases)))
        {
            report.Warning(entry.Path, entry.Line, $"'{source}' is no configured model: nothing stands in for it");
        }

        foreach (var name in gateway.Models.Keys.Where(name => served.FindGroup(name) is null && !aliases.ContainsKey(name)))
        {
            report.Warning($"gateway_settings.models.{name}", 0, $"'{name}' is no configured model");
        }

        routing = routing with
        {
            Retries = router.Retries ?? routing.Retries,
            Timeouts = new TimeoutOptions
            {
                Connect = gateway.Connect,
                FirstToken = gateway.FirstToken,
                FirstTokenOfStream = router.FirstTokenOfStream,
                BetweenTokens = gateway.BetweenTokens,
                Total = router.Total,
                Stream = gateway.MaxStream,
            }.Over(routing.Timeouts),
        };
        var settings = Settings(defaultModelFromEnvironment);
        settings = settings with { Limits = settings.Limits with { Upstreams = UpstreamBudgets(deployments, entries) } };
        if (settings.Limits.CountCost || settings.MasterKeyHash is not null) TellUnpriced(deployments, entries, isKnownToMatter: settings.Limits.CountCost);
        else TellUnpriced([.. deployments.Where(d => !d.BudgetScopes.IsEmpty)], [.. entries.Where((_, i) => !deployments[i].BudgetScopes.IsEmpty)], isKnownToMatter: true);
        return new GatewayCatalog(groups, backends, routing, settings);
    }

    /// <summary>By scope: what single deployments and whole providers may cost.</summary>
    private ImmutableDictionary<string, RateLimits> UpstreamBudgets(List<Deployment> deployments, List<ModelEntry> entries)
    {
        var budgets = ImmutableDictionary.CreateBuilder<string, RateLimits>(StringComparer.Ordinal);
        foreach (var (deployment, entry) in deployments.Zip(entries).Where(pair => pair.Second.Budget is not null))
        {
            budgets[LimitScopes.DeploymentPrefix + deployment.Id] = new RateLimits { Budget = entry.Budget };
        }

        foreach (var provider in router.ProviderBudgets)
        {
            budgets[LimitScopes.ProviderPrefix + provider.Provider] = new RateLimits { Budget = provider.Budget };
            if (!entries.Exists(e => e.Provider.Prefix == provider.Provider)) report.Warning(provider.Path, provider.Line, "no deployment of this file is of this provider");
        }

        return budgets.ToImmutable();
    }

    /// <summary>Whoever has set a budget believes that it holds: once for all of them, with the names.</summary>
    /// <param name="isKnownToMatter">There is a budget in the file; else there may be one of a key, a user or a team.</param>
    private void TellUnpriced(List<Deployment> deployments, List<ModelEntry> entries, bool isKnownToMatter)
    {
        var unpriced = deployments.Where(d => d.InputCostPerToken is null && d.OutputCostPerToken is null && d.ListPrices.Count == 0).ToList();
        if (unpriced.Count == 0) return;
        var names = string.Join(", ", unpriced.Select(d => d.Group).Distinct(StringComparer.Ordinal).Take(MostNamed));
        if (unpriced.Count > MostNamed) names += " …";
        var line = entries[deployments.IndexOf(unpriced[0])].Line;
        const string Unless = "unless input_cost_per_token and output_cost_per_token say what it costs, or a list in gateway_settings.prices";
        if (isKnownToMatter) report.Warning("model_list", line, $"no price is known of {names}: what they answer counts for no budget, {Unless}");
        else report.Translated("model_list", line, $"no price is known of {names}: what they answer will count for no budget of a key, a user or a team, {Unless}");
    }

    /// <summary>They are not made one: what listens at <c>[::1]</c> may be another server than at <c>127.0.0.1</c>.</summary>
    private void TellLoopbacks(List<ModelEntry> entries)
    {
        foreach (var machine in entries.GroupBy(e => Addresses.OneLoopback(e.Draft.ApiBase), StringComparer.Ordinal))
        {
            var spelled = machine.DistinctBy(e => Addresses.Normalise(e.Draft.ApiBase), StringComparer.Ordinal).ToList();
            foreach (var other in spelled.Skip(1))
            {
                report.Warning(
                    $"{other.Path}.api_base", other.Line, $"{Addresses.Normalise(other.Draft.ApiBase)} of '{other.Draft.Group}' is most likely the server at {Addresses.Normalise(spelled[0].Draft.ApiBase)} of '{spelled[0].Draft.Group}', "
                    + "and is another backend here: each has its own slots and queue, so that both are served at once; write the same address for both");
            }
        }
    }

    /// <summary>Once, and not at each deployment: whoever comes from LiteLLM, where simple-shuffle takes them for weights alone, meets refusals that are new.</summary>
    private void TellLimits(List<ModelEntry> entries)
    {
        var limited = entries.Where(e => e.Draft.RequestsPerMinute is not null || e.Draft.TokensPerMinute is not null).ToList();
        if (limited.Count == 0 || router.Strategy != RoutingStrategies.SimpleShuffle) return;
        report.Translated("model_list", limited[0].Line, $"rpm and tpm of {limited.Count} deployments are limits as well as weights: what is over all of a model's waits or is refused");
    }

    private GatewaySettings Settings(string? defaultModelFromEnvironment)
    {
        var defaults = new GatewaySettings();
        var maxRequestBytes = general.MaxRequestBytes ?? defaults.MaxRequestBytes;
        var connections = gateway.Connections ?? defaults.Connections;
        return defaults with
        {
            MasterKeyHash = string.IsNullOrEmpty(general.MasterKey) ? null : [.. SHA256.HashData(Encoding.UTF8.GetBytes(general.MasterKey))],
            StateKeys = StateKeys.From(general.SaltKey, general.MasterKey),
            DefaultModel = gateway.DefaultModel ?? general.DefaultModel ?? defaultModelFromEnvironment,
            MaxRequestBytes = maxRequestBytes,
            ClientStallTimeout = gateway.ClientStallTimeout ?? defaults.ClientStallTimeout,
            QueueProgressInterval = gateway.QueueProgressInterval ?? defaults.QueueProgressInterval,
            Queue = new QueueOptions
            {
                DefaultPriority = router.DefaultPriority ?? defaults.Queue.DefaultPriority,
                Comments = gateway.Queue.Comments ?? defaults.Queue.Comments,
                Users = gateway.Queue.Users,
            },
            Cluster = gateway.Cluster,
            DrainTimeout = gateway.DrainTimeout ?? defaults.DrainTimeout,
            StopDelay = gateway.StopDelay ?? defaults.StopDelay,
            AllowRunnerOptions = gateway.AllowRunnerOptions ?? defaults.AllowRunnerOptions,
            AlwaysStreamUsage = general.StreamUsage ?? defaults.AlwaysStreamUsage,
            AllowLinkLocalBackends = gateway.AllowLinkLocalBackends ?? defaults.AllowLinkLocalBackends,
            TokenTransport = gateway.Transport ?? defaults.TokenTransport,
            Resumable = gateway.Resumable ?? defaults.Resumable,
            Conversations = gateway.Conversations ?? defaults.Conversations,
            Cache = CacheReader.Resolve(general.Cache, gateway.Cache, gateway.Cluster, report),
            Limits = Limits(),
            Ledger = Ledger(),
            Telemetry = telemetry,
            // Else the largest body that is allowed could never be read.
            Connections = connections with { MaxBodyBytes = Math.Max(connections.MaxBodyBytes, maxRequestBytes) },
            Access = gateway.Access with { TrustForwardedFor = general.TrustForwardedFor ?? false, UserHeaders = general.UserHeaders, RefusesClientTags = general.RefusesClientTags ?? false, KeyHeader = general.KeyHeader },
            Audit = gateway.Audit ?? defaults.Audit,
            Verbose = general.Logs.Verbose ?? defaults.Verbose,
            JsonLogs = general.Logs.Json ?? defaults.JsonLogs,
        };
    }

    private LedgerOptions Ledger()
    {
        var ledger = gateway.Ledger ?? new LedgerOptions();
        return ledger with { Postgres = general.LedgerDatabase, Enabled = ledger.Enabled && general.NoLedger is not true };
    }

    /// <summary>Ours where both say something, as with routing keys: the more particular section wins.</summary>
    private LimitOptions Limits()
    {
        var limits = gateway.Limits ?? new LimitOptions();
        return limits with
        {
            User = limits.User.Over(general.Limits.EachUser ?? RateLimits.None),
            Key = limits.Key.Over(new RateLimits { Parallel = general.KeyParallel }),
            All = limits.All.Over(new RateLimits { Parallel = general.AllParallel, Budget = general.Limits.Budget }),
            EndUserBudget = general.Limits.EndUser,
        };
    }

    /// <summary>
    /// A backend is an address; where several accounts share one, each account is a backend of its own, so that one account's failures
    /// do not open another's circuit. Ollama has no accounts: a container is a container.
    /// </summary>
    private static Dictionary<ModelEntry, string> NameBackends(List<ModelEntry> entries)
    {
        var names = new Dictionary<ModelEntry, string>(ReferenceEqualityComparer.Instance);
        foreach (var server in entries.GroupBy(e => Addresses.Normalise(e.Draft.ApiBase), StringComparer.Ordinal))
        {
            var accounts = server.Where(e => !e.Provider.IsOllama).Select(Account).Distinct(StringComparer.Ordinal).Count();
            foreach (var entry in server)
            {
                names[entry] = accounts > 1 && !entry.Provider.IsOllama && Account(entry) is { Length: > 0 } account
                    ? $"{server.Key}#{Sha256(account)[..8]}"
                    : server.Key;
            }
        }

        return names;
    }

    private static string Account(ModelEntry entry) => entry.Draft.ApiKey ?? entry.Draft.Account.Credentials ?? entry.Draft.Account.Aws?.Id ?? "";

    private Deployment Deploy(ModelEntry e, string backend, HashSet<string> ids)
    {
        var own = e.Draft.Id.Length > 0;
        var id = own ? e.Draft.Id : Sha256(e.Fingerprint);
        var first = id;
        for (var copy = 2; !ids.Add(id); copy++) id = $"{first}-{copy}";
        if (own && id != first) report.Warning($"{e.Path.Replace(".litellm_params", "", StringComparison.Ordinal)}.model_info.id", e.Line, $"'{first}' is the id of another deployment already: this one is '{id}'");

        var listed = gateway.Prices.Find(e.Provider, e.Draft, e.BaseModel) ?? PriceTable.Find(e.Provider, e.Draft.Model, e.BaseModel);
        var parameters = e.Draft.Parameters;
        return e.Draft with
        {
            Id = id,
            Backend = backend,
            BudgetScopes =
            [
                .. e.Budget is null ? [] : (string[])[LimitScopes.DeploymentPrefix + id],
                .. router.ProviderBudgets.Where(b => b.Provider == e.Provider.Prefix).Select(b => LimitScopes.ProviderPrefix + b.Provider),
            ],
            InputCostPerToken = e.Draft.InputCostPerToken ?? listed?.Input,
            OutputCostPerToken = e.Draft.OutputCostPerToken ?? listed?.Output,
            // Who pays another price for a prompt has another one for what is cached of it.
            CacheReadCostPerToken = e.Draft.CacheReadCostPerToken ?? (e.Draft.InputCostPerToken is null ? listed?.CacheRead : null),
            CacheWriteCostPerToken = e.Draft.CacheWriteCostPerToken ?? (e.Draft.InputCostPerToken is null ? listed?.CacheWrite : null),
            ListPrices = e.Draft.Model.Contains('*', StringComparison.Ordinal) ? ListPricesOf(e.Provider) : Deployment.NoListPrices,
            Trust = TrustOf(e),
            Parameters = parameters with { Drop = parameters.Drop ?? router.DropParams },
        };
    }

    private IReadOnlyDictionary<string, TokenPrice> ListPricesOf(ProviderEntry provider)
    {
        var (own, listed) = (gateway.Prices.Of(provider.Prefix), PriceTable.Of(provider));
        return own.Count == 0 ? listed : listed.Concat(own).GroupBy(p => p.Key, StringComparer.Ordinal).ToFrozenDictionary(p => p.Key, p => p.Last().Value, StringComparer.Ordinal);
    }

    private ServerTrust TrustOf(ModelEntry e) => e.Trust ?? router.Trust ?? ServerTrust.OfTheSystem;

    private BackendOptions Backend(string name, ImmutableArray<ModelEntry> users)
    {
        // Ollama's own door tells more to a probe than its OpenAI one.
        var first = users.FirstOrDefault(u => u.Provider.IsOllama) ?? users[0];
        var own = gateway.Backends.LastOrDefault(b => Matches(b, first));
        var defaults = new BackendOptions { Name = name, Url = first.Draft.ApiBase, Provider = first.Provider.Dialect };
        var configuredSlots = users.Min(u => u.MaxParallel);
        return defaults with
        {
            ApiKey = first.Draft.ApiKey,
            Trust = TrustOf(first),
            Slots = own?.Slots ?? configuredSlots ?? router.Slots ?? (first.Provider.IsOllama ? 1 : CloudSlots),
            MaxQueue = own?.Queue.MaxQueue ?? gateway.Queue.MaxQueue ?? defaults.MaxQueue,
            MaxQueuePerUser = own?.Queue.MaxQueuePerUser ?? gateway.Queue.MaxQueuePerUser ?? defaults.MaxQueuePerUser,
            QueueTimeout = own?.Queue.QueueTimeout ?? gateway.Queue.QueueTimeout ?? defaults.QueueTimeout,
            PriorityAgeing = gateway.Queue.PriorityAgeing ?? defaults.PriorityAgeing,
            ModelPatience = own?.Queue.ModelPatience ?? gateway.Queue.ModelPatience ?? (first.Provider.IsOllama ? OllamaModelPatience : defaults.ModelPatience),
            Lease = own?.Lease ?? defaults.Lease,
            Cools = router.Cools,
            AllowedFails = Math.Max(1, own?.AllowedFails ?? router.AllowedFails ?? defaults.AllowedFails),
            AllowedFailsPolicy = router.AllowedFailsPolicy,
            Cooldown = own?.Cooldown ?? users.Max(u => u.Draft.Cooldown is { Ticks: > 0 } one ? one : (TimeSpan?)null) ?? router.Cooldown ?? defaults.Cooldown,
            HealthInterval = own?.HealthInterval ?? (first.Draft.ApiBase.Scheme == Uri.UriSchemeHttps ? TimeSpan.Zero : defaults.HealthInterval),
        };
    }

    /// <summary>The address as written in the model list, or the server it names.</summary>
    private static bool Matches(BackendDraft draft, ModelEntry entry) =>
        Addresses.Normalise(draft.Url) == Addresses.Normalise(entry.Draft.ApiBase)
        || (draft.Url.AbsolutePath == "/" && Addresses.SameServer(draft.Url, entry.Draft.ApiBase));

    /// <param name="served">A catalog of the models alone: what a request may name.</param>
    private ImmutableDictionary<string, ImmutableArray<string>> Aliases(GatewayCatalog served)
    {
        var aliases = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        // An alias may name another one, wherever that stands.
        var all = router.Aliases.ToImmutableDictionary(a => a.Alias, a => a.Targets);
        foreach (var (alias, targets, _, path, line) in router.Aliases)
        {
            var known = Known(targets, served, all, path, line);
            if (!known.IsEmpty) aliases = aliases.SetItem(alias, known);
        }

        return aliases;
    }

    private ImmutableDictionary<string, ImmutableArray<string>> Known(
        ImmutableDictionary<string, ModelsDraft> table, GatewayCatalog served, ImmutableDictionary<string, ImmutableArray<string>> aliases) =>
        table.ToImmutableDictionary(f => f.Key, f => Known(f.Value, served, aliases), StringComparer.Ordinal);

    private ImmutableArray<string> Known(ModelsDraft models, GatewayCatalog served, ImmutableDictionary<string, ImmutableArray<string>> aliases) =>
        Known(models.Names, served, aliases, models.Path, models.Line);

    /// <summary>Some model goes by the name, with or without its provider.</summary>
    private static bool MayFail(string name, GatewayCatalog served, ImmutableDictionary<string, ImmutableArray<string>> aliases) =>
        name == FallbackOptions.Any || served.FindGroup(name) is not null || aliases.Keys.Concat(served.Groups.Select(g => g.Name))
            .Any(known => known == name || (known.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash && (known[(slash + 1)..] == name || served.FindGroup(known[..(slash + 1)] + name) is not null)));

    /// <summary>Those of the names that are a model or an alias; the others are reported.</summary>
    private ImmutableArray<string> Known(
        ImmutableArray<string> names, GatewayCatalog served, ImmutableDictionary<string, ImmutableArray<string>> aliases, string path, int line)
    {
        var known = ImmutableArray.CreateBuilder<string>();
        foreach (var name in names)
        {
            if (served.FindGroup(name) is not null || aliases.ContainsKey(name)) known.Add(name);
            else report.Warning(path, line, $"'{name}' is no configured model: left out");
        }

        return known.ToImmutable();
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
