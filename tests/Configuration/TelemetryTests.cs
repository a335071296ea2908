using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>Callbacks, gateway_settings.telemetry and OpenTelemetry's variables.</summary>
public class TelemetryTests
{
    private static readonly Dictionary<string, string> Keys = new() { ["LANGFUSE_PUBLIC_KEY"] = "pk", ["LANGFUSE_SECRET_KEY"] = "sk", ["SENTRY_DSN"] = "https://key@sentry.example/7" };

    [Theory]
    [InlineData("success_callback: [langfuse]", true, false)]
    [InlineData("failure_callback: langfuse", false, true)]
    [InlineData("success_callback: [langfuse_otel]", true, false)]
    [InlineData("callbacks: [prometheus, langfuse]", true, true)]
    public void ACallback_IsToldOfWhatItIsNamedFor(string settings, bool successes, bool failures)
    {
        var (options, report) = Load(settings, Keys);
        Assert.Equal((successes, failures, new Uri("https://cloud.langfuse.com")), (options.Callbacks.Langfuse!.Successes, options.Callbacks.Langfuse.Failures, options.Callbacks.Langfuse.Host));
        Assert.DoesNotContain(report.Findings, f => f.Kind is FindingKind.Ignored or FindingKind.Error);
    }

    [Fact]
    public void SeedThree_TellsLangfuseAndSentry_WithTheKeysOfItsEnvironmentVariables()
    {
        var (options, report) = LoadText(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Seeds", "3-callbacks.yaml")), Keys);
        Assert.True(options.Callbacks is { Langfuse: { PublicKey: "pk", SecretKey: "sk", Successes: true, Failures: false }, Sentry.PublicKey: "key" });
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Ignored);
    }

    [Fact]
    public void SeedOne_TellsSentry()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Seeds", "1-primary-and-fallback.yaml"));
        Assert.NotNull(LoadText(text, Keys).Options.Callbacks.Sentry);
        // Without a DSN it runs all the same, and says so.
        var (options, report) = LoadText(text, []);
        Assert.Null(options.Callbacks.Sentry);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Text!.Contains("SENTRY_DSN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("success_callback: [lunary]", "litellm_settings.success_callback.lunary", true)]
    [InlineData("callbacks: [my_filter.instance]", "litellm_settings.callbacks.my_filter.instance", true)]
    [InlineData("success_callback: [sentry]", "litellm_settings.success_callback.sentry", false)]
    public void ACallbackThatIsNone_IsNamed(string settings, string path, bool isWarning)
    {
        var (_, report) = Load(settings, Keys);
        Assert.Contains(report.Findings, f => f.Kind == (isWarning ? FindingKind.Warning : FindingKind.Ignored) && f.Path == path);
    }

    [Theory]
    [InlineData("https://abc@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/envelope/", "abc")]
    [InlineData("http://abc:secret@sentry.local:9000/below/it/42", "http://sentry.local:9000/below/it/api/42/envelope/", "abc")]
    [InlineData("https://o1.ingest.sentry.io/42", null, null)]
    [InlineData("https://abc@o1.ingest.sentry.io/", null, null)]
    [InlineData("ftp://abc@host/1", null, null)]
    [InlineData("not an address", null, null)]
    [InlineData(null, null, null)]
    public void ADsn_IsTakenApart(string? dsn, string? envelope, string? key)
    {
        var options = CallbackReader.ParseDsn(dsn);
        Assert.Equal((envelope, key), (options?.Envelope.ToString(), options?.PublicKey));
    }

    [Fact]
    public void Messages_AreToldOnlyWhereTheyAreAskedFor_AndNotForbidden()
    {
        Assert.False(Load("set_verbose: true", []).Options.CaptureMessages);
        Assert.True(Load("set_verbose: true", new() { ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true" }).Options.CaptureMessages);
        Assert.True(LoadText("gateway_settings: {telemetry: {capture_messages: true}}", []).Options.CaptureMessages);
        Assert.False(LoadText("gateway_settings: {telemetry: {capture_messages: false}}", new() { ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true" }).Options.CaptureMessages);
        // Who has not written it in the file is told of it.
        Assert.Contains(
            Load("set_verbose: true", new() { ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true" }).Report.Findings,
            f => f is { Kind: FindingKind.Warning, Path: "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" });
        Assert.False(LoadText("litellm_settings: {turn_off_message_logging: true}\ngateway_settings: {telemetry: {capture_messages: true}}", []).Options.CaptureMessages);
    }

    [Theory]
    [InlineData("litellm_settings: {require_auth_for_metrics_endpoint: true}", true)]
    [InlineData("general_settings: {require_auth_for_metrics_endpoint: true}", true)]
    [InlineData("general_settings: {completion_model: m}", false)]
    public void Metrics_NeedAKey_WhereThatIsSaid(string text, bool needed) => Assert.Equal(needed, LoadText(text, []).Options.MetricsNeedKey);

    [Fact]
    public void WithoutAnEndpoint_NothingIsPushed() => Assert.Null(Load("set_verbose: true", []).Options.Otlp);

    [Fact]
    public void TheCommonEndpoint_IsABaseForHttp_AndTheAddressForGrpc()
    {
        var http = Load("set_verbose: true", new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:4318/", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_METRIC_EXPORT_INTERVAL"] = "5000" }).Options.Otlp!;
        Assert.Equal(("http://c:4318/v1/traces", "http://c:4318/v1/metrics", true, TimeSpan.FromSeconds(5)), (http.Traces!.ToString(), http.Metrics!.ToString(), http.Http, http.MetricsPeriod));
        var grpc = Load("set_verbose: true", new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:4317", ["OTEL_METRICS_EXPORTER"] = "none", ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://t:1" }).Options.Otlp!;
        Assert.Equal(("http://t:1/", null, false), (grpc.Traces!.ToString(), grpc.Metrics?.ToString(), grpc.Http));
        Assert.Null(Load("set_verbose: true", new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:4317", ["OTEL_SDK_DISABLED"] = "TRUE" }).Options.Otlp);
    }

    [Theory]
    [InlineData(null, "https://c/v1/traces", "https://c/v1/traces", "https://c/v1/metrics", true)]
    [InlineData("otlp_http", "https://c/otlp", "https://c/otlp/v1/traces", "https://c/otlp/v1/metrics", true)]
    [InlineData("otlp_grpc", "http://c:4317", "http://c:4317/", "http://c:4317/", false)]
    public void LiteLlmsOwnVariables_AreUnderstood_AndOpenTelemetrysGoFirst(string? exporter, string endpoint, string traces, string metrics, bool http)
    {
        Dictionary<string, string> variables = new() { ["OTEL_ENDPOINT"] = endpoint, ["OTEL_HEADERS"] = "x-team=1" };
        if (exporter is not null) variables["OTEL_EXPORTER"] = exporter;
        var otlp = Load("callbacks: [otel]", variables).Options.Otlp!;
        Assert.Equal((traces, metrics, http, "x-team=1"), (otlp.Traces!.ToString(), otlp.Metrics!.ToString(), otlp.Http, otlp.Headers));
        var other = Load("callbacks: [otel]", new(variables) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://d", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_EXPORTER_OTLP_HEADERS"] = "y=2" }).Options.Otlp!;
        Assert.Equal(("http://d/v1/traces", true, "y=2"), (other.Traces!.ToString(), other.Http, other.Headers));
    }

    [Theory]
    [InlineData("grpc", true)]
    [InlineData("", true)]
    [InlineData("http/protobuf", true)]
    [InlineData("http/json", false)]
    public void AProtocolThatIsNotSpoken_IsSaid_AndNothingIsPushed(string protocol, bool spoken)
    {
        var (options, report) = Load("set_verbose: true", new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:4317", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol });
        Assert.Equal(spoken, options.Otlp is not null);
        Assert.Equal(!spoken, report.Findings.Any(f => f.Kind == FindingKind.Warning && f.Text!.Contains("OTEL_EXPORTER_OTLP_PROTOCOL", StringComparison.Ordinal)));
    }

    [Fact]
    public void NoSecret_IsShownByAccident()
    {
        var options = Load("success_callback: [langfuse]\n  failure_callback: [sentry]", new(Keys) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c", ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=sk" }).Options;
        Assert.NotNull(options.Callbacks.Sentry);
        Assert.DoesNotContain("sk", options.ToString(), StringComparison.Ordinal);
    }

    private static (TelemetryOptions Options, ConfigReport Report) Load(string settings, Dictionary<string, string> variables) => LoadText($"litellm_settings:\n  {settings}\n", variables);

    private static (TelemetryOptions Options, ConfigReport Report) LoadText(string text, Dictionary<string, string> variables)
    {
        var (catalog, report) = ConfigLoader.Load(text, name => variables.GetValueOrDefault(name));
        Assert.False(report.HasErrors);
        return (catalog.Settings.Telemetry, report);
    }
}
