using OrleansLlm.Catalog;
using OrleansLlm.Silo.CommandLine;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class LoaderTests
{
    private const string OneModel = """
        model_list:
          - model_name: m
            litellm_params: {model: ollama/llama3.2, api_base: "http://localhost:11434"}

        """;

    [Theory]
    [InlineData("", 512)]
    [InlineData("general_settings: {max_request_size_mb: 1}\ngateway_settings: {connections: {max_bodies_mb: 4}}\n", 4)]
    [InlineData("gateway_settings: {connections: {max_bodies_mb: 4}}\n", 32)]
    [InlineData("general_settings: {max_request_size_mb: 1000}\n", 1000)]
    public void Load_TheRoomOfAllBodies_HoldsTheLargestOne(string settings, long mebibytes)
    {
        var (catalog, report) = Load(OneModel + settings);
        Assert.False(report.HasErrors);
        Assert.Equal(mebibytes << 20, catalog.Settings.Connections.MaxBodyBytes);
    }

    [Fact]
    public void Load_WithSeveralMistakes_ReportsThemAllWithKeyAndLine()
    {
        var (_, report) = Load("""
            model_list:
              - model_name: a
                litellm_params: {model: ollama/x, api_base: "not an address://"}
              - litellm_params: {model: ollama/x}
              - model_name: c
                litellm_params: {model: ollama/x, weight: heavy}
            router_settings:
              routing_strategy: fastest
              num_retries: -1
            gateway_settings:
              backends: {"http://a": {slots: 0}}
            """);
        Assert.Equal(
            [
                (3, "model_list[0].litellm_params.api_base"),
                (4, "model_list[1].model_name"),
                (6, "model_list[2].litellm_params.weight"),
                (8, "router_settings.routing_strategy"),
                (9, "router_settings.num_retries"),
                (11, "gateway_settings.backends.http://a.slots"),
            ],
            report.Findings.Where(f => f.Kind == FindingKind.Error).Select(f => (f.Line, f.Path)));
    }

    [Fact]
    public void Load_AnUnknownStrategy_ListsTheValidOnes()
    {
        var (_, report) = Load("router_settings: {routing_strategy: fastest}");
        Assert.All(RoutingStrategies.All, name => Assert.Contains(name, Error(report).Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("simple-shuffle")]
    [InlineData("least-busy")]
    [InlineData("latency-based-routing")]
    [InlineData("usage-based-routing")]
    [InlineData("usage-based-routing-v2")]
    [InlineData("cost-based-routing")]
    [InlineData("simple-fallback")]
    public void Load_EveryStrategy_IsHonouredUnderItsOwnName(string name)
    {
        var (catalog, report) = Load($"router_settings: {{routing_strategy: {name}}}");
        Assert.Equal(name, catalog.Routing.Strategy);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Honoured, Path: "router_settings.routing_strategy" });
    }

    [Fact]
    public void Load_AnAddressToAdvertise_ThatIsNone_IsAnErrorThatNamesTheLine()
    {
        var (catalog, report) = Load("gateway_settings:\n  cluster:\n    redis: localhost:6379\n    advertise: my-host");
        Assert.Equal(("gateway_settings.cluster.advertise", 4, "expected an IP address, found 'my-host'"), (Error(report).Path, Error(report).Line, Error(report).Text));
        Assert.Null(catalog.Settings.Cluster.Advertise);
        // Nobody is told it by a process alone; and where a variable is empty a silo finds it itself.
        Assert.False(Load("gateway_settings: {cluster: {advertise: my-host}}").Report.HasErrors);
        Assert.False(Load("gateway_settings: {cluster: {redis: \"localhost:6379\", advertise: \"\"}}").Report.HasErrors);
        Assert.Equal("fd00::1", Load("gateway_settings: {cluster: {advertise: \"fd00::1\"}}").Catalog.Settings.Cluster.Advertise);
    }

    [Fact]
    public void Load_RetriesCooldownsAndLimits_ReachTheirPlaces()
    {
        var (catalog, report) = Load("""
            model_list:
              - model_name: m
                litellm_params:
                  {model: ollama/x, api_base: "http://a:1", rpm: 3, tpm: 1000, num_retries: 7, cooldown_time: 9, input_cost_per_token: 0.1,
                   connect_timeout: 1, first_token_timeout: 2, stream_timeout: 20, between_tokens_timeout: 3, timeout: 4}
                model_info: {max_input_tokens: 8192}
            router_settings:
              retry_policy: {TimeoutErrorRetries: 5, RateLimitErrorRetries: 6}
              model_group_retry_policy: {m: {TimeoutErrorRetries: 1}}
              routing_strategy_args: {ttl: 60, lowest_latency_buffer: 0.5, max_latency_list_size: 3}
              allowed_fails: 0
              cooldown_time: 0
              disable_cooldowns: true
              enable_pre_call_checks: true
            gateway_settings:
              models: {m: {hedge: true, hedge_after: 2, continue_on_failure: true}, nobody: {hedge: true}}
            """);
        Assert.False(report.HasErrors);
        var deployment = catalog.Groups[0].Deployments[0];
        Assert.Equal((3d, 1000d, 7, 0.1, 8192L), (deployment.RequestsPerMinute, deployment.TokensPerMinute, deployment.Retries, deployment.InputCostPerToken, deployment.MaxInputTokens));
        Assert.Equal([1, 2, 3, 4], new[] { deployment.Timeouts.Connect, deployment.Timeouts.FirstToken, deployment.Timeouts.BetweenTokens, deployment.Timeouts.Total }.Select(t => (int)t!.Value.TotalSeconds));
        Assert.Equal((20d, 2d), (TimeoutOptions.Of(stream: true, deployment.Timeouts).FirstToken!.Value.TotalSeconds, TimeoutOptions.Of(stream: false, deployment.Timeouts).FirstToken!.Value.TotalSeconds));
        Assert.DoesNotContain("stream_timeout", deployment.Defaults.Keys);
        var backend = catalog.Backends[deployment.Backend];
        Assert.Equal((1, false, TimeSpan.FromSeconds(9), deployment), (backend.AllowedFails, backend.Cools, backend.Cooldown, Assert.Single(backend.Deployments)));
        Assert.Equal((1, 6), (catalog.Routing.RetryPolicyFor("m").Timeout, catalog.Routing.RetryPolicyFor("m").RateLimit));
        Assert.Equal(5, catalog.Routing.RetryPolicyFor("other").Timeout);
        Assert.Equal((60d, 0.5, 3), (catalog.Routing.StrategyArguments.Ttl.TotalSeconds, catalog.Routing.StrategyArguments.LatencyBuffer, catalog.Routing.StrategyArguments.LatencySamples));
        Assert.True(catalog.Routing.PreCallChecks);
        Assert.True(catalog.Routing.OptionsFor("m") is { Hedge: true, ContinueOnFailure: true, HedgeAfter: not null });
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Path == "gateway_settings.models.nobody");
    }

    [Fact]
    public void FindGroup_ByAnAliasOfAnAliasOrOfAWildcard_Works_AndACircleDoesNotHang()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: ollama/a}}
              - {model_name: b, litellm_params: {model: ollama/b}}
              - {model_name: "cloud/*", litellm_params: {model: "openai/*"}}
            router_settings:
              model_group_alias: {first: second, second: a, gpt: cloud/gpt-4o, round: about, about: round, a: b}
            """);
        // LiteLLM asks the aliases before the groups.
        Assert.Equal("b", catalog.FindGroup("first")!.Name);
        Assert.Equal("gpt-4o", catalog.FindGroup("gpt")!.Deployments[0].Model);
        Assert.Null(catalog.FindGroup("round"));
    }

    [Fact]
    public void Load_AnAliasThatLeadsBackToItself_IsAWarningThatNamesIt()
    {
        var (_, report) = Load(OneModel + "router_settings: {model_group_alias: {loop: loop, p: q, q: p, m: m, good: m}}\n");
        Assert.Equal(
            ["router_settings.model_group_alias.loop", "router_settings.model_group_alias.p", "router_settings.model_group_alias.q"],
            report.Findings.Where(f => f.Kind == FindingKind.Warning).Select(f => f.Path));
    }

    [Fact]
    public void Load_OneServerByTwoNamesOfThisMachine_IsAWarningThatNamesBothModels()
    {
        var (catalog, report) = Load(OneModel + """
              - {model_name: again, litellm_params: {model: ollama/x, api_base: "http://127.0.0.1:11434"}}
              - {model_name: door, litellm_params: {model: openai/x, api_base: "http://[::1]:11434/v1"}}
              - {model_name: same, litellm_params: {model: openai/x, api_base: "http://LOCALHOST:11434/v1"}}
              - {model_name: another, litellm_params: {model: ollama/x, api_base: "http://127.0.0.1:11435"}}
              - {model_name: other, litellm_params: {model: ollama/x, api_base: "http://127.0.0.2:11434"}}
            """);
        Assert.Equal(5, catalog.Backends.Count);
        var told = report.Findings.Where(f => f.Kind == FindingKind.Warning).ToList();
        Assert.Equal([(4, "model_list[1].litellm_params.api_base"), (5, "model_list[2].litellm_params.api_base")], told.Select(f => (f.Line, f.Path)));
        Assert.StartsWith("http://127.0.0.1:11434 of 'again' is most likely the server at http://localhost:11434 of 'm'", told[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("http://[::1]:11434 of 'door' ", told[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AFallbackThatIsNoModel_IsAWarningWhereItStands_AndSoIsAModelThatCannotFailThatWay()
    {
        var (_, report) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: ollama/a}}
              - {model_name: here/b, litellm_params: {model: ollama/b}}
              - {model_name: "cloud/gpt-*", litellm_params: {model: "ollama/gpt-*"}}
            litellm_settings:
              context_window_fallbacks:
                - nobody: [a]
                - a: [nowhere]
                - {b: [a], here/b: [a], "*": [a], gpt-4: [a], alias: [a], cloud/gpt-4: [a]}
              default_fallbacks: [neither]
            router_settings:
              content_policy_fallbacks: [{nobody: [a]}]
              fallbacks:
                - retired: [a]
                - a: [nowhere]
              model_group_alias: {alias: a}
            """);
        Assert.Equal(
            [
                (7, "litellm_settings.context_window_fallbacks.nobody", "'nobody' is no configured model: nothing stands in for it"),
                (8, "litellm_settings.context_window_fallbacks.a", "'nowhere' is no configured model: left out"),
                (10, "litellm_settings.default_fallbacks", "'neither' is no configured model: left out"),
                (12, "router_settings.content_policy_fallbacks.nobody", "'nobody' is no configured model: nothing stands in for it"),
                (15, "router_settings.fallbacks.a", "'nowhere' is no configured model: left out"),
            ],
            report.Findings.Where(f => f.Kind == FindingKind.Warning).Select(f => (f.Line, f.Path, f.Text!)));
    }

    [Fact]
    public void Load_ADeploymentThatNeverCools_LeavesItsNeighboursTheirs()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: openai/a, api_base: "http://a:1", cooldown_time: 0}}
              - {model_name: b, litellm_params: {model: openai/b, api_base: "http://a:1"}}
            router_settings: {cooldown_time: 60}
            """);
        Assert.Equal((TimeSpan.Zero, (TimeSpan?)null), (catalog.FindGroup("a")!.Deployments.Single().Cooldown, catalog.FindGroup("b")!.Deployments.Single().Cooldown));
        Assert.Equal(TimeSpan.FromSeconds(60), catalog.Backends.Values.Single().Cooldown);
    }

    [Theory]
    [InlineData("num_retries: 1", "num_retries: 2", "num_retries", FindingKind.Ignored)]
    [InlineData("timeout: 1", "request_timeout: 2", "timeout", FindingKind.Ignored)]
    [InlineData("num_retries: 1", "num_retries: null", "num_retries", FindingKind.Honoured)]
    [InlineData("cooldown_time: 30", "cooldown_time: 0", "cooldown_time", FindingKind.Honoured)]
    [InlineData("cooldown_time: 30", "cooldown_time: 0.0", "cooldown_time", FindingKind.Honoured)]
    [InlineData("default_fallbacks: [m]", "fallback_models: [m]", "default_fallbacks", FindingKind.Ignored)]
    [InlineData("cooldown_time: 30", "cooldown_time: 3", "cooldown_time", FindingKind.Ignored)]
    [InlineData("default_fallbacks: [m]", "default_fallbacks: [m]", "default_fallbacks", FindingKind.Ignored)]
    [InlineData("fallbacks: [{a: [m]}]", "fallbacks: [{b: [m]}]", "fallbacks", FindingKind.Honoured)]
    public void Load_AKeyOfBothSections_IsHonouredWhereItCounts(string beaten, string counts, string key, object kind)
    {
        var (_, report) = Load($"{OneModel}litellm_settings: {{{beaten}}}\nrouter_settings: {{{counts}}}\n");
        Assert.Equal(kind, report.Findings.Single(f => f.Path == $"litellm_settings.{key}").Kind);
    }

    [Theory]
    [InlineData("a: [1")]
    [InlineData("- just\n- a list")]
    [InlineData("just text")]
    [InlineData("--- {}\n--- {}")]
    [InlineData("a: &x [*x]")]
    [InlineData("\t- tabs")]
    public void Load_SomethingThatIsNoConfiguration_IsOneErrorWithALine(string text)
    {
        var error = Error(Load(text).Report);
        Assert.True(error.Line > 0);
    }

    [Fact]
    public void Load_AnEmptyFile_ServesNothingAndSaysSo()
    {
        var (catalog, report) = Load("");
        Assert.Empty(catalog.Groups);
        Assert.False(report.HasErrors);
    }

    [Theory]
    [InlineData("os.environ/KEY", "secret")]
    [InlineData("${KEY}", "secret")]
    [InlineData("Bearer ${KEY}", "Bearer secret")]
    [InlineData("${UNSET:-fallback}", "fallback")]
    public void Load_EnvironmentReferences_AreReplaced(string written, string expected)
    {
        var (catalog, _) = Load($"model_list: [{{model_name: m, litellm_params: {{model: openai/x, api_key: \"{written}\"}}}}]", ("KEY", "secret"));
        Assert.Equal(expected, catalog.Groups[0].Deployments[0].ApiKey);
    }

    [Fact]
    public void Load_AVariableThatIsNotSet_IsNamed()
    {
        var (_, report) = Load("model_list: [{model_name: m, litellm_params: {model: openai/x, api_key: os.environ/NOT_THERE}}]");
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Text!.Contains("NOT_THERE", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_AMasterKeyThatResolvesToNothing_IsAnErrorAndNotAnOpenGateway()
    {
        Assert.Equal("general_settings.master_key", Error(Load(OneModel + "general_settings: {master_key: os.environ/NOT_THERE}").Report).Path);
    }

    [Fact]
    public void Load_MasterKeyFromTheEnvironmentAlone_Counts() =>
        Assert.NotNull(Load(OneModel, ("LITELLM_MASTER_KEY", "sk-1")).Catalog.Settings.MasterKeyHash);

    [Fact]
    public void Load_MasterKeyAmongTheFilesVariables_ShutsTheGateway_AndBeatsTheProcesss()
    {
        const string variables = "environment_variables: {LITELLM_MASTER_KEY: sk-file}\n";
        var settings = Load(OneModel + variables).Catalog.Settings;
        Assert.NotNull(settings.MasterKeyHash);
        Assert.Equal(settings.MasterKeyHash, Load(OneModel + variables, ("LITELLM_MASTER_KEY", "sk-process")).Catalog.Settings.MasterKeyHash);
    }

    [Theory]
    [InlineData("os.environ/NOT_THERE")]
    [InlineData("''")]
    public void Load_AMasterKeyAmongTheFilesVariablesThatIsNothing_IsAnError(string value)
    {
        var (_, report) = Load(OneModel + $"environment_variables: {{LITELLM_MASTER_KEY: {value}}}\n", ("LITELLM_MASTER_KEY", ""));
        Assert.Equal("environment_variables.LITELLM_MASTER_KEY", Error(report).Path);
    }

    [Fact]
    public void Load_TheFilesVariables_ReachSealingAndTheCluster()
    {
        var settings = Load(OneModel + "environment_variables: {LITELLM_SALT_KEY: salt, REDIS_URL: \"redis://r:1\"}\n", ("LITELLM_SALT_KEY", "other"), ("REDIS_URL", "redis://s:2")).Catalog.Settings;
        Assert.Equal(Load(OneModel, ("LITELLM_SALT_KEY", "salt")).Catalog.Settings.StateKeys.Keys[0], settings.StateKeys.Keys[0]);
        Assert.Equal("r:1", settings.Cluster.RedisConnection);
    }

    [Theory]
    [InlineData("allowed_routes", "[/v1/models]")]
    [InlineData("allowed_ips", "[10.0.0.1]")]
    [InlineData("pass_through_endpoints", "[{path: /v1/rerank, target: 'https://a'}]")]
    [InlineData("custom_auth", "my.auth")]
    [InlineData("enforce_user_param", "true")]
    public void Load_AKeyThatRestrictsAccessInLiteLlm_IsAWarningAndNoUnknownKey(string key, string value)
    {
        var finding = Assert.Single(Load(OneModel + $"general_settings: {{master_key: sk-1, {key}: {value}}}\n").Report.Findings, f => f.Path == "general_settings." + key);
        Assert.Equal(FindingKind.Warning, finding.Kind);
        Assert.StartsWith("not enforced here", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("general_settings", "infer_model_from_keys")]
    [InlineData("general_settings", "forward_client_headers_to_llm_api")]
    [InlineData("general_settings", "store_prompts_in_spend_logs")]
    [InlineData("litellm_settings", "model_alias_map")]
    public void Load_AKeyOfLiteLlmsThatHasNoEffect_IsNoUnknownOne(string section, string key)
    {
        var finding = Assert.Single(Load(OneModel + $"{section}: {{{key}: true}}\n").Report.Findings, f => f.Path == $"{section}.{key}");
        Assert.Equal(FindingKind.Ignored, finding.Kind);
        Assert.NotEqual("unknown key", finding.Text);
    }

    /// <summary>As LiteLLM's loader has it, and as YAML does not.</summary>
    [Fact]
    public void Load_AKeyThatStandsThereTwice_IsAWarning_AndTheLastOneCounts()
    {
        var (catalog, report) = Load(OneModel + """
            router_settings:
              num_retries: 1
              fallbacks: [{m: [n]}]
              num_retries: 3
            litellm_settings: {num_retries: 5, callbacks: &c {a: [b, {c: d}]}, callbacks: []}
            router_settings:
              num_retries: 7
              "num_retries": 8
            """);
        Assert.False(report.HasErrors);
        Assert.Equal(8, catalog.Routing.Retries);
        Assert.Equal(
            [(4, "router_settings"), (5, "router_settings.num_retries"), (8, "litellm_settings.callbacks"), (10, "router_settings.num_retries")],
            report.Findings.Where(f => f.Kind == FindingKind.Warning && f.Text!.Contains("twice", StringComparison.Ordinal)).Select(f => (f.Line, f.Path)));
    }

    [Theory]
    [InlineData("", "https://a.example, https://b.example:8443/", "https://a.example https://b.example:8443", null)]
    [InlineData("", "*", "*", null)]
    [InlineData("", "", "", null)]
    [InlineData("", "a.example", "", FindingKind.Warning)]
    [InlineData("gateway_settings: {access: {cors_origins: [\"https://c.example\"]}}", "*", "https://c.example", null)]
    [InlineData("gateway_settings: {access: {cors_origins: [\"https://c.example/app\"]}}", "", "", FindingKind.Error)]
    public void Load_OriginsOfPages_AreTheFilesElseTheEnvironments(string settings, string variable, string expected, object? problem)
    {
        var (catalog, report) = Load(OneModel + settings, ("LITELLM_CORS_ORIGINS", variable));
        Assert.Equal(expected, string.Join(' ', catalog.Settings.Access.CorsOrigins));
        Assert.Equal((FindingKind?)problem, report.Findings.FirstOrDefault(f => f.Kind is FindingKind.Error or FindingKind.Warning)?.Kind);
    }

    /// <summary>LiteLLM's simple-shuffle takes them for weights alone.</summary>
    [Theory]
    [InlineData("", 1)]
    [InlineData("router_settings: {routing_strategy: usage-based-routing}\n", 0)]
    public void Load_LimitsOfDeployments_AreToldOnce_WhereLiteLlmHasNone(string settings, int lines)
    {
        var (_, report) = Load("""
            model_list:
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://a:1", rpm: 10}}
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://a:2", tpm: 10}}
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://a:3"}}

            """ + settings);
        Assert.Equal(lines, report.Findings.Count(f => f.Kind == FindingKind.Translated && f.Text!.StartsWith("rpm and tpm of 2 deployments", StringComparison.Ordinal)));
    }

    /// <summary>Ollama's own doors take a model without its tag.</summary>
    [Fact]
    public void WithoutAFile_AnOllamasModel_IsFoundWithoutItsTagAsWell_AndListedOnce()
    {
        var at = new Uri("http://localhost:11434");
        var (catalog, report) = Load(Silo.Discovery.Found.Yaml([("llama3.2:latest", at), ("qwen3:8b", at), ("phi3:latest", at), ("phi3", at)]));
        Assert.False(report.HasErrors);
        Assert.Equal("llama3.2:latest", catalog.FindGroup("llama3.2")!.Deployments.Single().Model);
        Assert.Equal("phi3", catalog.FindGroup("phi3")!.Deployments.Single().Model);
        Assert.Null(catalog.FindGroup("qwen3"));
        Assert.Equal(["llama3.2"], catalog.Routing.HiddenAliases);
    }

    [Fact]
    public void Load_SeveralDeploymentsOfOneName_AreOneGroupWithDistinctStableIds()
    {
        const string yaml = """
            model_list:
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://a:1"}}
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://b:1"}}
              - {model_name: m, litellm_params: {model: ollama/x, api_base: "http://b:1"}}
            """;
        var first = Load(yaml).Catalog.Groups.Single().Deployments.Select(d => d.Id).ToList();
        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, Load(yaml).Catalog.Groups.Single().Deployments.Select(d => d.Id));
    }

    [Fact]
    public void Load_TheSameServerForThreeModels_IsOneBackendWithOneSlot()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: ollama/a, api_base: "http://localhost:11434"}}
              - {model_name: b, litellm_params: {model: ollama_chat/b, api_base: "http://localhost:11434/"}}
              - {model_name: c, litellm_params: {model: openai/c, api_base: "http://localhost:11434/v1"}}
            """);
        Assert.Equal(1, Assert.Single(catalog.Backends.Values).Slots);
    }

    [Fact]
    public void Load_TwoAccountsOfOneService_AreTwoBackends_AndTheirNamesHoldNoKey()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: m, litellm_params: {model: openai/x, api_key: sk-first}}
              - {model_name: m, litellm_params: {model: openai/x, api_key: sk-second}}
            """);
        Assert.Equal(2, catalog.Backends.Count);
        Assert.All(catalog.Backends.Values, b => Assert.DoesNotContain("sk-", b.Name, StringComparison.Ordinal));
        Assert.All(catalog.Backends.Values, b => Assert.Equal(1000, b.Slots));
    }

    [Fact]
    public void Load_GatewaySettings_ShapeTheBackend()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: m, litellm_params: {model: openai/x, api_base: "http://gpu:8000/v1"}}
            gateway_settings:
              default_model: m
              backends:
                http://gpu:8000: {slots: 4, max_queue: 7, queue_timeout: 30, lease: 20, allowed_fails: 2, cooldown_time: 9, health_interval: 0}
            """);
        Assert.False(report.HasErrors);
        var backend = Assert.Single(catalog.Backends.Values);
        Assert.Equal((4, 7, 30.0, 20.0, 2, 9.0, 0.0),
            (backend.Slots, backend.MaxQueue, backend.QueueTimeout.TotalSeconds, backend.Lease.TotalSeconds, backend.AllowedFails,
                backend.Cooldown.TotalSeconds, backend.HealthInterval.TotalSeconds));
        Assert.Equal("m", catalog.Settings.DefaultModel);
    }

    [Fact]
    public void Load_AccessAndAudit_AreRead()
    {
        var settings = Load(OneModel + """
            general_settings: {master_key: sk-1, use_x_forwarded_for: true}
            gateway_settings:
              access: {failed_logins_per_minute: 3}
              audit: {folder: /var/log/gateway, max_bytes: 2048, files: 4}
            """).Catalog.Settings;
        Assert.Equal((3, true), (settings.Access.FailedLogins, settings.Access.TrustForwardedFor));
        Assert.Equal(("/var/log/gateway", 2048, 4), (settings.Audit.Folder, settings.Audit.MaxBytes, settings.Audit.Files));
        settings = Load(OneModel).Catalog.Settings;
        Assert.Equal((20, false, null, 10 << 20, 10), (settings.Access.FailedLogins, settings.Access.TrustForwardedFor, settings.Audit.Folder, settings.Audit.MaxBytes, settings.Audit.Files));
    }

    [Fact]
    public void Load_AllowedFailsByClass_ReachEveryBackend()
    {
        var (catalog, report) = Load(OneModel + """
            router_settings:
              allowed_fails_policy:
                BadRequestErrorAllowedFails: 1000
                AuthenticationErrorAllowedFails: 0
                TimeoutErrorAllowedFails: 7
                InternalServerErrorAllowedFails: 9
                NotFoundErrorAllowedFails: 3
            """);
        Assert.False(report.HasErrors);
        Assert.Equal(new AllowedFailsPolicy { Authentication = 1, Timeout = 7, InternalServer = 9 }, Assert.Single(catalog.Backends.Values).AllowedFailsPolicy);
        Assert.Equal("router_settings.allowed_fails_policy.NotFoundErrorAllowedFails", Assert.Single(report.Findings, f => f.Kind == FindingKind.Ignored).Path);
        Assert.Contains("never reached", Assert.Single(report.Findings, f => f.Path.EndsWith("BadRequestErrorAllowedFails", StringComparison.Ordinal)).Text, StringComparison.Ordinal);
        var wrong = Load(OneModel + "router_settings: {allowed_fails_policy: {TimeoutErrorAllowedFails: many}}\n").Report;
        Assert.Equal("router_settings.allowed_fails_policy.TimeoutErrorAllowedFails", Error(wrong).Path);
        Assert.Equal(AllowedFailsPolicy.None, Assert.Single(Load(OneModel).Catalog.Backends.Values).AllowedFailsPolicy);
    }

    [Fact]
    public void Load_BudgetsOfDeploymentsAndProviders_AreHonoured()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: m, litellm_params: {model: openai/gpt-4o, api_key: k, max_budget: 5, budget_duration: 1d}, model_info: {id: one}}
              - {model_name: m, litellm_params: {model: groq/unheard-of, api_key: k}, model_info: {id: two}}
              - {model_name: m, litellm_params: {model: ollama/m, max_budget: 0}, model_info: {id: three}}
            router_settings:
              provider_budget_config:
                groq: {budget_limit: 0.5, time_period: 7d, rpm_limit: 3}
                openai: {max_budget: 2, budget_duration: 30d}
                anthropic: {budget_limit: 1, time_period: 1d}
            """);
        Assert.False(report.HasErrors);
        Assert.Equal(["deployment:one provider:openai", "provider:groq", ""], catalog.Groups[0].Deployments.Select(d => string.Join(' ', d.BudgetScopes)));
        var limits = catalog.Settings.Limits;
        Assert.Equal(new Budget { Max = 5, Duration = "1d" }, limits.OfScope("deployment:one").Budget);
        Assert.Equal((new Budget { Max = 0.5, Duration = "7d" }, new Budget { Max = 2, Duration = "30d" }), (limits.OfScope("provider:groq").Budget, limits.OfScope("provider:openai").Budget));
        Assert.Equal("router_settings.provider_budget_config.groq.rpm_limit", Assert.Single(report.Findings, f => f.Kind == FindingKind.Ignored).Path);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Path == "router_settings.provider_budget_config.anthropic");
        // What has no price is never counted.
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Text!.StartsWith("no price is known of m:", StringComparison.Ordinal));
        Assert.Equal("router_settings.provider_budget_config.groq", Error(Load(OneModel + "router_settings: {provider_budget_config: {groq: 5}}\n").Report).Path);
    }

    [Fact]
    public void Load_WhatLiteLlmGoesByInModelInfo_IsNotCalledHonoured()
    {
        var report = Load("model_list: [{model_name: m, litellm_params: {model: ollama/m}, model_info: {team_id: research, access_groups: [beta], health_check_timeout: 5, note: mine}}]").Report;
        Assert.Equal(
            [("access_groups", FindingKind.Honoured), ("health_check_timeout", FindingKind.Ignored), ("note", FindingKind.Honoured), ("team_id", FindingKind.Warning)],
            report.Findings.Where(f => f.Path.Contains("model_info.", StringComparison.Ordinal)).Select(f => (f.Path[(f.Path.LastIndexOf('.') + 1)..], f.Kind)).Order());
    }

    [Fact]
    public void Load_Tags_AreHonoured()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: m, litellm_params: {model: ollama/m, tags: [paid, default]}, model_info: {enable_tag_filtering: true}}
              - {model_name: m, litellm_params: {model: ollama/n, tags: free, tag_regex: ["^User-Agent"]}}
              - {model_name: m, litellm_params: {model: ollama/o}}
            router_settings: {enable_tag_filtering: true, tag_filtering_match_any: false, tag_routing_prefix: "r:"}
            general_settings: {reject_clientside_metadata_tags: true}
            """);
        Assert.False(report.HasErrors);
        Assert.Equal(["paid,default", "free", ""], catalog.Groups[0].Deployments.Select(d => string.Join(',', d.Tags)));
        Assert.All(catalog.Groups[0].Deployments, d => Assert.Empty(d.Defaults));
        Assert.Equal((true, true, true), (catalog.Routing.FiltersTags, catalog.Routing.NeedsAllTags, catalog.Settings.Access.RefusesClientTags));
        Assert.Equal(
            ["model_list[0].model_info.enable_tag_filtering", "model_list[1].litellm_params.tag_regex", "router_settings.tag_routing_prefix"],
            report.Findings.Where(f => f.Kind == FindingKind.Ignored).Select(f => f.Path).Order(StringComparer.Ordinal));
        var untold = Load(OneModel).Catalog;
        Assert.Equal((false, false, false), (untold.Routing.FiltersTags, untold.Routing.NeedsAllTags, untold.Settings.Access.RefusesClientTags));
    }

    [Fact]
    public void Load_Limits_FindTheScopesOfARequest()
    {
        var limits = Load(OneModel + """
            litellm_settings: {rate_limit: {rpm: 5, tpm: 50}}
            general_settings: {max_parallel_requests: 3, global_max_parallel_requests: 9}
            gateway_settings:
              limits:
                user: {rpm: 7}
                users: {ada: {tpm: 1000}}
                teams: {research: {users: [ada], rpm: 20}}
                models: {m: {rpm: 30}}
            """).Catalog.Settings.Limits;
        Assert.Equal((7, 50), (limits.OfUser("user:charles").Requests, limits.OfUser("user:charles").Tokens));
        Assert.Equal((null, 1000), (limits.OfUser("user:ada").Requests, limits.OfUser("user:ada").Tokens));
        Assert.Equal(["key:abc", "team:research", "model:m", "all"], limits.ScopesOf("user:ada", "abc", ["alias", "m"]));
        Assert.Equal(["all"], limits.ScopesOf("anonymous", null, ["other"]));
        Assert.Equal((3, 20, 30, 9), (limits.OfScope("key:abc").Parallel, limits.OfScope("team:research").Requests, limits.OfScope("model:m").Requests, limits.OfScope("all").Parallel));
        Assert.True(limits.CountTokens);
    }

    [Fact]
    public void Load_AUserInTwoTeams_IsAnError() =>
        Assert.Contains("'a' is in team 'x' already", Error(Load("gateway_settings: {limits: {teams: {x: {users: [a]}, y: {users: [a]}}}}").Report).Text, StringComparison.Ordinal);

    [Fact]
    public void Load_RouterSettings_BeatTheSameKeysOfLitellmSettings()
    {
        var (catalog, _) = Load(OneModel + "router_settings: {num_retries: 5}\nlitellm_settings: {num_retries: 1, request_timeout: 77}\n");
        Assert.Equal(5, catalog.Routing.Retries);
        Assert.Equal(TimeSpan.FromSeconds(77), catalog.Routing.Timeouts.Total);
    }

    [Fact]
    public void Load_MaxParallelRequests_AreTheSlotsOfTheBackend() =>
        Assert.Equal(3, Load("model_list: [{model_name: m, litellm_params: {model: ollama/x, max_parallel_requests: 3}}]").Catalog.Backends.Values.Single().Slots);

    [Fact]
    public void Load_MODELInTheEnvironment_IsTheDefaultModel() => Assert.Equal("m", Load(OneModel, ("MODEL", "m")).Catalog.Settings.DefaultModel);

    [Fact]
    public void Load_DotEnvKeysOfProviders_AreUsedWithoutBeingNamed() =>
        Assert.Equal("from-env", Load("model_list: [{model_name: m, litellm_params: {model: gpt-4o}}]", ("OPENAI_API_KEY", "from-env")).Catalog.Groups[0].Deployments[0].ApiKey);

    [Fact]
    public void Load_AliasList_IsAGroupWithFallbacks()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: a, litellm_params: {model: ollama/a}}
              - {model_name: b, litellm_params: {model: ollama/b}}
            router_settings:
              model_group_alias: {one: a, object: {model: b}, several: [b, a, missing]}
            """);
        Assert.Equal("a", catalog.FindGroup("one")!.Name);
        Assert.Equal("b", catalog.FindGroup("object")!.Name);
        Assert.Equal("b", catalog.FindGroup("several")!.Name);
        Assert.Equal(["a"], catalog.Routing.FallbacksFor("several"));
    }

    [Fact]
    public void FindGroup_ByWildcard_FillsTheModelIn()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: "openai/*", litellm_params: {model: "openai/*"}}
              - {model_name: "*", litellm_params: {model: "ollama/*"}}
            """);
        Assert.Equal("gpt-4o", catalog.FindGroup("openai/gpt-4o")!.Deployments[0].Model);
        Assert.Equal("llama3.2:1b", catalog.FindGroup("llama3.2:1b")!.Deployments[0].Model);
    }

    /// <summary>Whose key may use the pattern must not come to what another group pays.</summary>
    [Fact]
    public void FindGroup_ANameThatAPatternMatches_IsNotThatOfAGroupWhichConfiguresIt()
    {
        var (catalog, _) = Load("""
            model_list:
              - {model_name: finance, litellm_params: {model: openai/gpt-4o, api_key: finances}}
              - {model_name: "openai/*", litellm_params: {model: "openai/*", api_key: everybodys}}
            """);
        Assert.Equal("everybodys", catalog.FindGroup("openai/gpt-4o")!.Deployments.Single().ApiKey);
        Assert.Equal("finances", catalog.FindGroup("finance")!.Deployments.Single().ApiKey);
    }

    [Fact]
    public void FindGroup_ByConfiguredModelOrDeploymentId_Works()
    {
        var (catalog, _) = Load(OneModel);
        Assert.NotNull(catalog.FindGroup("ollama/llama3.2"));
        Assert.NotNull(catalog.FindGroup(catalog.Groups[0].Deployments[0].Id));
        Assert.Null(catalog.FindGroup("llama3.2"));
    }

    [Fact]
    public void Load_ADeploymentOfAProviderThatIsNotServed_IsLeftOutAndTheRestServes()
    {
        var (catalog, report) = Load("""
            model_list:
              - {model_name: v, litellm_params: {model: vertex_ai/gemini-pro}}
              - {model_name: typo, litellm_params: {model: olama/x}}
              - {model_name: m, litellm_params: {model: ollama/x}}
            """);
        Assert.Equal(["m"], catalog.Groups.Select(g => g.Name));
        Assert.Equal(2, report.Findings.Count(f => f.Kind == FindingKind.LeftOut));
    }

    [Fact]
    public void Validate_PrintsEveryKeyAndExitsByErrors()
    {
        var good = Path.GetTempFileName();
        File.WriteAllText(good, OneModel + "router_settings: {routing_strategy: provider-budget-routing, enable_logging: true}\nnonsense: 1\n");
        var output = new StringWriter();
        Assert.Equal(0, ValidateCommand.Run(good, output));
        Assert.Contains("honoured", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("translated: simple-shuffle, among those whose provider_budget_config is not spent", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("ignored: unknown key", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 4", output.ToString(), StringComparison.Ordinal);
        File.WriteAllText(good, "router_settings: {num_retries: many}");
        Assert.Equal(1, ValidateCommand.Run(good, output));
        Assert.Equal(1, ValidateCommand.Run(good + ".missing", output));
        Assert.Equal(1, ValidateCommand.Run(Path.GetTempPath(), output));
        File.Delete(good);
    }

    [Fact]
    public void NothingThatIsShown_HoldsAKey()
    {
        var (catalog, report) = Load("model_list: [{model_name: m, litellm_params: {model: openai/x, api_key: sk-secret}}]");
        var output = new StringWriter();
        ReportPrinter.Print(report, output, f => f.Path.EndsWith("api_key", StringComparison.Ordinal));
        Assert.DoesNotContain("sk-secret", output.ToString() + catalog.Groups[0].Deployments[0] + string.Concat(catalog.Backends.Values), StringComparison.Ordinal);
    }

    private static ConfigFinding Error(ConfigReport report) => Assert.Single(report.Findings, f => f.Kind == FindingKind.Error);

    private static (GatewayCatalog Catalog, ConfigReport Report) Load(string yaml, params (string Name, string Value)[] variables) =>
        ConfigLoader.Load(yaml, name => variables.Where(v => v.Name == name).Select(v => v.Value).FirstOrDefault());
}
