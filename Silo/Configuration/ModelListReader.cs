using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Providers;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>model_list</c>, and <c>models</c> as another name for it.</summary>
internal static class ModelListReader
{
    /// <summary>What LiteLLM goes by in <c>model_info</c>, and nobody here.</summary>
    private static readonly (string Key, string Why)[] InfoOfLiteLlm =
    [
        ("enable_tag_filtering", "router_settings.enable_tag_filtering is for all models"),
        ("allow_fail_open", "who is left by no deployment for its tags is refused"),
        ("supported_environments", "not honoured: every environment has every model of its file"),
        ("health_check_model", "backends are probed without running a model"),
        ("health_check_timeout", "backends are probed without running a model"),
        ("disable_background_health_check", "not honoured: gateway_settings.backends.<url>.health_interval is"),
    ];

    public static List<ModelEntry> Read(ConfigSection root, Func<string, string?> variable)
    {
        var entries = new List<ModelEntry>();
        var credentials = CredentialReader.Read(root);
        var list = root.List("model_list");
        if (list is not null) root.Report.Honoured(root.PathOf("model_list"), list.Line, $"{list.Items.Length} entries");
        ReadList(list, root.PathOf("model_list"), root.Report, credentials, variable, entries);
        var alias = root.List("models");
        if (alias is not null) root.Report.Translated(root.PathOf("models"), alias.Line, "read as model_list");
        ReadList(alias, root.PathOf("models"), root.Report, credentials, variable, entries);
        return entries;
    }

    private static void ReadList(
        ConfigList? list, string path, ConfigReport report, ImmutableDictionary<string, ConfigMap> credentials, Func<string, string?> variable, List<ModelEntry> entries)
    {
        if (list is null) return;
        for (var i = 0; i < list.Items.Length; i++)
        {
            var itemPath = $"{path}[{i}]";
            if (list.Items[i] is not ConfigMap map)
            {
                report.Error(itemPath, list.Items[i].Line, $"expected a mapping with model_name and litellm_params, found {list.Items[i].Describe()}");
            }
            else
            {
                entries.AddRange(ReadEntry(new ConfigSection(map, itemPath, report), credentials, variable));
            }
        }
    }

    private static List<ModelEntry> ReadEntry(ConfigSection item, ImmutableDictionary<string, ConfigMap> credentials, Func<string, string?> variable)
    {
        var name = item.String("model_name");
        if (string.IsNullOrWhiteSpace(name))
        {
            item.Report.Error(item.PathOf("model_name"), item.Line, "is missing: the public name of the model");
            return [];
        }

        var info = item.Map("model_info");
        var id = info is null ? null : ReadInfo(new ConfigSection(info, item.PathOf("model_info"), item.Report));
        var paramMap = item.Map("litellm_params");
        var limits = ReadLimits(item);
        item.Finish();
        if (paramMap is null)
        {
            if (item.Take("litellm_params") is null)
            {
                item.Report.LeftOut(item.Path, item.Line, $"'{name}' has no litellm_params.model: there is nothing to route to");
            }

            return [];
        }

        var path = item.PathOf("litellm_params");
        if (CredentialReader.Fill(paramMap, credentials, path, item.Report) is not { } filled) return [];
        foreach (var limit in limits) filled = filled.With(limit.Key, limit.Value);
        if (EveryProvider.IsMeant(name, filled)) return ReadEvery(filled, path, item.Report, id, info, variable);
        return ReadParams(new ConfigSection(filled, path, item.Report), name, id, info, variable) is { } entry ? [entry] : [];
    }

    /// <summary>LiteLLM looks for them beside <c>litellm_params</c> first.</summary>
    private static List<ConfigEntry> ReadLimits(ConfigSection item)
    {
        var limits = new List<ConfigEntry>();
        foreach (var key in (ReadOnlySpan<string>)["rpm", "tpm"])
        {
            if (item.Number(key, note: $"read as litellm_params.{key}") is not null) limits.Add(item.Take(key)!);
        }

        return limits;
    }

    /// <summary>What it says is told once, of the first that can be served.</summary>
    private static List<ModelEntry> ReadEvery(ConfigMap parameters, string path, ConfigReport report, string? id, ConfigMap? info, Func<string, string?> variable)
    {
        var (entries, names) = (new List<ModelEntry>(), new List<string>());
        foreach (var (group, model) in EveryProvider.Of(variable))
        {
            var one = parameters.With("model", new ConfigScalar(parameters.Find("model")!.Line, model, Plain: false, model));
            if (ReadParams(new ConfigSection(one, path, new ConfigReport()), group, entries.Count == 0 ? id : null, info, variable) is not { } entry) continue;
            if (entries.Count == 0) ReadParams(new ConfigSection(one, path, report), group, id, info, variable);
            entries.Add(entry);
            names.Add(group);
        }

        if (entries.Count > 0) report.Translated(ConfigReport.Join(path, "model"), parameters.Line, string.Join(", ", names));
        else report.LeftOut(ConfigReport.Join(path, "model"), parameters.Line, "'*' is every provider whose key is in the environment, and there is none");
        return entries;
    }

    private static string? ReadInfo(ConfigSection info)
    {
        var id = info.String("id");
        // LiteLLM reads prices and limits there as well.
        info.Number("input_cost_per_token", note: "where litellm_params has none");
        info.Number("output_cost_per_token", note: "where litellm_params has none");
        info.Number("cache_read_input_token_cost", note: "where litellm_params has none");
        info.Number("cache_creation_input_token_cost", note: "where litellm_params has none");
        info.Number("rpm", note: "where litellm_params has none");
        info.Number("tpm", note: "where litellm_params has none");
        // Whoever relies on them must not take them for honoured.
        if (info.Has("team_id")) info.NotEnforced("team_id", "every key that may use the model's name may use this deployment");
        foreach (var (key, why) in InfoOfLiteLlm) info.Ignore(key, $"shown by /model/info; {why}");
        info.Strings("access_groups", note: "a key with one of them among its models may use this one");
        if (info.Has("mode")) ModelModes.Read(info);
        foreach (var entry in info.Rest())
        {
            if (LiteLlmParameters.IsPrice(entry.Key)) info.Report.Ignored(info.PathOf(entry.Key), entry.Line, $"shown by /model/info; {LiteLlmParameters.NoPrice}");
            else info.Report.Honoured(info.PathOf(entry.Key), entry.Line, "shown by /model/info");
        }

        return id;
    }

    private static double? Told(ConfigMap? info, string key) => (info?.Find(key) as ConfigScalar)?.AsNumber();

    private static ModelEntry? ReadParams(ConfigSection p, string name, string? id, ConfigMap? info, Func<string, string?> variable)
    {
        var configured = p.String("model");
        var custom = p.String("custom_llm_provider");
        var baseText = p.String("api_base") ?? p.String("base_url");
        var (provider, model) = Identify(p, configured, custom, baseText is { Length: > 0 }, variable);
        if (provider is { Prefix: "azure_ai" } && model is not null) (provider, model) = FoundryModels.Read(p, provider, model, baseText, info, variable);
        var route = provider is null || model is null ? null : ModelRoutes.Read(p, provider, model, info);
        var account = provider is null || route is null ? null : AccountReader.Read(p, provider, route.Region, variable);
        if (provider?.Wire == UpstreamWire.Bedrock) baseText ??= p.String("aws_bedrock_runtime_endpoint");
        var apiBase = provider is null || account is null ? null : ReadBase(p, provider, baseText, account, variable);
        // Google's door for OpenAI clients, where somebody has chosen it.
        if (provider is { Prefix: "gemini" } && apiBase?.AbsolutePath.TrimEnd('/').EndsWith("/openai", StringComparison.Ordinal) is true)
            provider = provider with { Dialect = "openai" };
        // What the deployment signs with is its own, whatever token the environment has.
        var key = account?.Aws is null ? ReadKey(p, provider, variable) : null;
        if (provider is { Wire: UpstreamWire.VertexAi } && apiBase is not null && baseText is not null && !AccountReader.MayBeSentTo(apiBase, p, account!, key))
        {
            p.Report.Error(
                p.PathOf("api_base"), p.Line, "is none of Google's (https://….googleapis.com), and gets no token of this machine's own account: give it vertex_credentials as JSON or an api_key, or write it in the file");
            return null;
        }

        var entry = new
        {
            Weight = p.Number("weight"),
            Rpm = p.Number("rpm", note: "a limit for any 60 s, and a weight for simple-shuffle"),
            Tpm = p.Number("tpm", note: "a limit for any 60 s, and a weight for simple-shuffle"),
            Order = p.Int("order"),
            MaxParallel = p.Int("max_parallel_requests", 0, note: "slots of the backend; 0: not said, as by LiteLLM") is > 0 and var parallel ? (int?)parallel : null,
            Cooldown = p.Seconds("cooldown_time", 0, "how long a deployment that refuses is left alone; 0: not at all"),
            Retries = p.Int("num_retries", 0, 100),
            InputCost = p.Number("input_cost_per_token", note: "for cost-based-routing"),
            OutputCost = p.Number("output_cost_per_token", note: "for cost-based-routing"),
            CacheReadCost = p.Number("cache_read_input_token_cost", note: "of a prompt's tokens that the service had in its cache"),
            CacheWriteCost = p.Number("cache_creation_input_token_cost", note: "of those that it has put into it"),
            Timeouts = new TimeoutOptions
            {
                Total = p.Seconds("timeout", note: "the whole upstream call; of a stream each wait for what comes next"),
                FirstToken = p.Seconds("first_token_timeout"),
                FirstTokenOfStream = p.Seconds("stream_timeout", note: "the time to the first token of a streamed answer"),
                Connect = p.Seconds("connect_timeout"),
                BetweenTokens = p.Seconds("between_tokens_timeout"),
            },
        };
        var mergesThoughts = p.Bool("merge_reasoning_content_in_choices", note: "true: reasoning is told in the text of a chat completion, between <think> and </think>") ?? false;
        var budget = BudgetReader.ReadUpstream(p);
        var tags = p.Strings("tags", note: "for requests with one of them, where router_settings.enable_tag_filtering is true");
        var trusts = TrustReader.TryRead(p, apiBase, out var trust);
        var parameters = ParameterReader.Read(p);
        var headers = HeaderReader.Read(p);
        if (provider?.Wire is UpstreamWire.Azure or UpstreamWire.AzureAi && AccountReader.AzureToken(p, provider, key, variable) is { } token)
        {
            // What its SDK does where there are both.
            (key, headers) = (null, headers.SetItem("Authorization", "Bearer " + token));
        }

        if (apiBase?.UserInfo.Length > 0) (apiBase, headers) = Basic(p, apiBase, headers);
        // Whether the answer streams is the client's to say: a default of the deployment's would change the wire under it.
        if (p.Take("stream") is { } stream) p.Report.Translated(p.PathOf("stream"), stream.Line, "upstream calls are always streamed; the client's own stream field decides what it gets");
        var defaults = ReadDefaults(p);
        if (provider is null || route is null || apiBase is null || !trusts) return null;
        var baseModel = (info?.Find("base_model") as ConfigScalar)?.Text is { Length: > 0 } named ? named : null;
        var serving = UpstreamProviders.Serving(provider.Dialect, route.Model, baseModel ?? route.Like, route.AtResponses);
        var draft = new Deployment
        {
            Id = id ?? "",
            Backend = "",
            Group = name,
            ConfiguredModel = configured!,
            Provider = provider.Dialect,
            Model = route.Model,
            BaseModel = baseModel ?? route.Like,
            AtResponses = route.AtResponses,
            SpeaksResponses = serving.Wire == UpstreamWire.Responses,
            IsOpenAis = UpstreamProviders.AreOpenAis(provider.Dialect, apiBase),
            // Behind the star may be a model of another maker, or one that is asked elsewhere.
            SearchesTheWeb = serving.SearchesTheWeb && (!route.Model.Contains('*', StringComparison.Ordinal) || provider.Prefix is "anthropic" or "gemini"),
            ApiBase = apiBase,
            ApiKey = key,
            Defaults = defaults,
            Headers = headers,
            Weight = entry.Weight,
            RequestsPerMinute = entry.Rpm ?? Told(info, "rpm"),
            TokensPerMinute = entry.Tpm ?? Told(info, "tpm"),
            Order = entry.Order,
            Tags = tags ?? [],
            // What is wrong with them was told where model_info was read.
            AccessGroups = info is null ? [] : new ConfigSection(info, "", new ConfigReport()).Strings("access_groups") ?? [],
            MergesThoughts = mergesThoughts,
            Cooldown = entry.Cooldown,
            Retries = entry.Retries,
            InputCostPerToken = entry.InputCost ?? Told(info, "input_cost_per_token"),
            OutputCostPerToken = entry.OutputCost ?? Told(info, "output_cost_per_token"),
            CacheReadCostPerToken = entry.CacheReadCost ?? Told(info, "cache_read_input_token_cost"),
            CacheWriteCostPerToken = entry.CacheWriteCost ?? Told(info, "cache_creation_input_token_cost"),
            MaxInputTokens = (long?)Told(info, "max_input_tokens"),
            MaxOutputTokens = (long?)(Told(info, "max_output_tokens") ?? Told(info, "max_tokens")),
            Parameters = parameters,
            Account = account!,
            Timeouts = entry.Timeouts,
            ModelInfo = info?.ToJsonElement(),
            FromFile = p.Line > 0,
        };
        return new ModelEntry(p.Path, p.Line, provider, draft, Fingerprint(name, p), entry.MaxParallel, baseModel) { Trust = trust, Budget = budget };
    }

    /// <summary>Splits <c>provider/model</c> at the first slash only, so that <c>openai//models/x.gguf</c> names the file <c>/models/x.gguf</c>.</summary>
    private static (ProviderEntry?, string?) Identify(ConfigSection p, string? configured, string? custom, bool hasBase, Func<string, string?> variable)
    {
        var path = p.PathOf("model");
        if (string.IsNullOrWhiteSpace(configured))
        {
            if (p.Take("model") is null) p.Report.LeftOut(p.Path, p.Line, "has no model: there is nothing to route to");
            else p.Report.Error(path, p.Line, "is empty: expected provider/model");
            return default;
        }

        var slash = configured.IndexOf('/', StringComparison.Ordinal);
        var prefix = custom ?? (slash > 0 ? configured[..slash] : "");
        var rest = custom is null ? configured[(slash + 1)..] : Trim(configured, custom + "/");
        if (ProviderTable.IsNotYetServed(prefix))
        {
            p.Report.LeftOut(path, p.Line, $"the provider {prefix} is not served by this version");
            return default;
        }

        if (ProviderTable.Find(prefix) is { } known)
        {
            if (UpstreamProviders.WhyNotServed(known.Dialect, rest) is { } why)
            {
                p.Report.LeftOut(path, p.Line, $"'{rest}' is not served by this version: {why}");
                return default;
            }

            if (rest.Length > 0) return (known, rest);
            // LiteLLM's own examples have such an entry; what cannot be asked is missing, and the others are served.
            p.Report.LeftOut(path, p.Line, $"names no model after '{prefix}/'");
            return default;
        }

        if (slash < 0 && ProviderTable.Infer(configured) is { } inferred)
        {
            // Without a prefix Gemini is Vertex AI's to LiteLLM; here it is where there is a project to ask it in.
            if (inferred.Prefix == "gemini" && !p.Has("api_key") && (p.Has("vertex_project") || p.Has("vertex_credentials") || !string.IsNullOrEmpty(variable("VERTEXAI_PROJECT")))) inferred = ProviderTable.Find("vertex_ai")!;
            p.Report.Translated(path, p.Line, $"{inferred.Prefix}/{configured}");
            return (inferred, configured);
        }

        if (hasBase)
        {
            p.Report.Translated(path, p.Line, $"openai/{configured}, because there is an api_base");
            return (ProviderTable.Find("openai"), configured);
        }

        p.Report.LeftOut(path, p.Line, $"'{configured}' names no known provider; known are {string.Join(", ", ProviderTable.AllPrefixes)}");
        return default;
    }

    private static Uri? ReadBase(ConfigSection p, ProviderEntry provider, string? configured, DeploymentAccount account, Func<string, string?> variable)
    {
        // One that is empty, as compose gives variables that are not set, has meant some server: prompts go to none that was not meant.
        var text = configured is { Length: > 0 } ? configured : provider.BaseVariables.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v))
            ?? (configured is "" ? null : provider.DefaultBase ?? provider.AddressOfAccount(variable) ?? AccountReader.RegionalBase(provider, account));
        if (string.IsNullOrEmpty(text))
        {
            var why = configured is "" ? "is empty" : provider.BaseOfAccount is { } made ? $"is missing, and {made.Variable}, of which {provider.Prefix}'s is made, is not set" : $"is missing: {provider.Prefix} has no default address";
            // One deployment less, as in LiteLLM: an address mostly comes from the environment, and the other models are served without it.
            p.Report.LeftOut(p.PathOf("api_base"), p.Line, why);
            return null;
        }

        if (Addresses.TryParse(text, out var address))
        {
            address = Addresses.WithoutChat(OtherServices.OpenAiDoorOf(provider, address), provider.Wire, out var ending);
            if (ending is not null) p.Report.Translated(p.PathOf("api_base"), p.Line, $"{Addresses.Shown(address.AbsoluteUri)}: it ends in {ending}, which is for chats; what else is asked there has paths of its own");
            return address;
        }

        p.Report.Error(p.PathOf("api_base"), p.Line, $"expected an http or https address, found '{Addresses.Shown(text)}'");
        return null;
    }

    /// <summary>
    /// A user name and password in an address are sent as HTTP's basic authentication, as LiteLLM's client does; the address itself is shown to people,
    /// so that they do not stay in it.
    /// </summary>
    private static (Uri, ImmutableDictionary<string, string>) Basic(ConfigSection p, Uri apiBase, ImmutableDictionary<string, string> headers)
    {
        p.Report.Translated(p.PathOf("api_base"), p.Line, "its user name and password are sent in the Authorization header");
        var bare = new UriBuilder(apiBase) { UserName = "", Password = "" }.Uri;
        if (headers.Keys.Any(name => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))) return (bare, headers);
        return (bare, headers.SetItem("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(apiBase.UserInfo)))));
    }

    private static string? ReadKey(ConfigSection p, ProviderEntry? provider, Func<string, string?> variable)
    {
        var configured = p.String("api_key");
        var key = !string.IsNullOrEmpty(configured) ? configured : provider?.KeyVariables.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
        return key is null ? null : HeaderReader.Clean(p, "api_key", key);
    }

    /// <summary>Completion parameters: what nobody else has read, and the members of <c>extra_body</c>, which OpenAI's SDK sends in its place.</summary>
    private static ImmutableDictionary<string, JsonElement> ReadDefaults(ConfigSection p)
    {
        var defaults = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var extra = p.Map("extra_body");
        foreach (var rest in p.Rest())
        {
            if (LiteLlmParameters.WhyNotSent(rest.Key) is { } why)
            {
                p.Report.Ignored(p.PathOf(rest.Key), rest.Line, why);
                continue;
            }

            p.Report.Honoured(p.PathOf(rest.Key), rest.Line, "default, overridden by the request");
            defaults[rest.Key] = rest.Value.ToJsonElement();
        }

        if (extra is null) return defaults.ToImmutable();
        p.Report.Honoured(p.PathOf("extra_body"), extra.Line, "each of its members is a default, overridden by the request");
        foreach (var member in extra.Entries) defaults[member.Key] = member.Value.ToJsonElement();
        return defaults.ToImmutable();
    }

    private static string Fingerprint(string group, ConfigSection p) => group + "\n" + p.RawText();

    private static string Trim(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;
}
