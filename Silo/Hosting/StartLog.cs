using OrleansLlm.Ledger;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Hosting;

/// <summary>What the <see cref="StartScreen"/> says, for those who have their logs as JSON: each line of them is an object, the first as well.</summary>
internal static partial class StartLog
{
    public static void Write(WebApplication app, GatewayOptions options, Configured configured, TimeSpan took)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLlm.Start");
        var address = StartScreen.AddressOf(app, options);
        var (catalog, report) = (configured.Live.Current, configured.Live.StartReport);
        var isOpen = catalog.Settings.MasterKeyHash is null;
        Started(
            logger, typeof(StartLog).Assembly.GetName().Version?.ToString(3), took.TotalSeconds, address, Engine.Name, options.Role, Engine.DescribeState(options, catalog.Settings),
            LedgerServices.Describe(app.Services, catalog.Settings.Ledger), isOpen ? "open" : "keys", catalog.Groups.Length, configured.Source);
        if (isOpen) Open(logger, address);
        if (catalog.Settings.Telemetry.CaptureMessages) MessagesCaptured(logger);
        if (options.WithoutEffect.Count > 0) WithoutEffect(logger, string.Join(", ", options.WithoutEffect));
        if (catalog.Groups.IsEmpty) NothingServed(logger);
        foreach (var left in report.Findings.Where(f => f.Kind == FindingKind.LeftOut)) LeftOut(logger, left.Place, left.Line, left.Text);
        foreach (var open in TrustReader.Unchecked(report)) CertificateUnchecked(logger, open.Place, open.Line, open.Text);
        foreach (var warning in StartWarnings.Of(report)) StartWarning(logger, warning.Place, warning.Line, warning.Text);
    }

    [LoggerMessage(EventId = 4301, EventName = "Started", Level = LogLevel.Information,
        Message = "OrleansLlm {Version}, ready in {Seconds:F2} s at {Address}: engine {Engine}, role {Role}, state {State}, ledger {Ledger}, access {Access}, {Models} models from {Config}")]
    private static partial void Started(
        ILogger logger, string? version, double seconds, string address, string engine, NodeRole role, string state, string ledger, string access, int models, string config);

    [LoggerMessage(EventId = 4302, EventName = "Open", Level = LogLevel.Warning, Message = "No master_key is set: anyone who reaches {Address} may use it")]
    private static partial void Open(ILogger logger, string address);

    [LoggerMessage(EventId = 8400, EventName = "MessagesCaptured", Level = LogLevel.Information,
        Message = "Prompts and answers are told to callbacks and spans (gateway_settings.telemetry.capture_messages, or OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)")]
    private static partial void MessagesCaptured(ILogger logger);

    [LoggerMessage(EventId = 7601, EventName = "WithoutEffect", Level = LogLevel.Information, Message = "Options of the command line without effect: {Options}")]
    private static partial void WithoutEffect(ILogger logger, string options);

    [LoggerMessage(EventId = 4303, EventName = "NothingServed", Level = LogLevel.Warning, Message = "No model can be served: every request will be refused")]
    private static partial void NothingServed(ILogger logger);

    [LoggerMessage(EventId = 4304, EventName = "LeftOut", Level = LogLevel.Warning, Message = "{Key}, line {Line}, is left out: {Problem}")]
    private static partial void LeftOut(ILogger logger, string key, int line, string? problem);

    [LoggerMessage(EventId = 8416, EventName = "StartWarning", Level = LogLevel.Warning, Message = "{Key}, line {Line}: {Problem}")]
    private static partial void StartWarning(ILogger logger, string key, int line, string? problem);

    [LoggerMessage(EventId = 8700, EventName = "CertificateUnchecked", Level = LogLevel.Warning, Message = "{Key}, line {Line}: {Problem}")]
    private static partial void CertificateUnchecked(ILogger logger, string key, int line, string? problem);
}
