using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>litellm_settings</c>' callbacks: which are named, and what the environment says about them.</summary>
internal static class CallbackReader
{
    public const string NotHere = "no callback of this gateway: prometheus, langfuse, sentry and otel are";

    public const string Langfuse = "langfuse";
    private const string LangfuseByOtel = "langfuse_otel";
    private const string Sentry = "sentry";
    private static readonly ImmutableArray<string> AlwaysOn = ["prometheus", "otel"];

    public static CallbackDraft Read(ConfigSection s)
    {
        var both = Names(s, "callbacks");
        var (success, failure) = (Names(s, "success_callback"), Names(s, "failure_callback"));
        return new CallbackDraft(both.Union(success), both.Union(failure));
    }

    /// <param name="variable">Environment variables, the file's own <c>environment_variables</c> over them.</param>
    public static CallbackOptions Complete(CallbackOptions options, CallbackDraft draft, Func<string, string?> variable, ConfigReport report) => options with
    {
        Langfuse = draft.AsksLangfuse ? ReadLangfuse(draft, variable, report) : null,
        Sentry = draft.Failure.Contains(Sentry) ? ReadSentry(variable, report) : null,
    };

    private static ImmutableHashSet<string> Names(ConfigSection s, string key)
    {
        var names = s.Strings(key, note: "/metrics is always there; otel follows OTEL_EXPORTER_OTLP_ENDPOINT") ?? [];
        var line = s.Take(key)?.Line ?? 0;
        foreach (var name in names)
        {
            if (name == Sentry && key == "success_callback") s.Report.Ignored($"{s.PathOf(key)}.{name}", line, "sentry is told of failures: name it in failure_callback");
            else if (name == LangfuseByOtel) s.Report.Translated($"{s.PathOf(key)}.{name}", line, Langfuse);
            else if (name is not (Langfuse or Sentry) && !AlwaysOn.Contains(name)) s.Report.Warning($"{s.PathOf(key)}.{name}", line, $"is never called: {NotHere}; one that screens or changes requests does not either");
        }

        // The same place, by another of LiteLLM's ways to it.
        return [.. names.Select(n => n == LangfuseByOtel ? Langfuse : n)];
    }

    private static LangfuseOptions? ReadLangfuse(CallbackDraft draft, Func<string, string?> variable, ConfigReport report)
    {
        var (publicKey, secretKey) = (variable("LANGFUSE_PUBLIC_KEY"), variable("LANGFUSE_SECRET_KEY"));
        if (string.IsNullOrEmpty(publicKey) || string.IsNullOrEmpty(secretKey))
        {
            report.Warning("litellm_settings.langfuse", 0, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not both set: nothing is sent there");
            return null;
        }

        var host = variable("LANGFUSE_HOST") is { Length: > 0 } given ? given : "https://cloud.langfuse.com";
        if (!Addresses.TryParse(host, out var address))
        {
            report.Warning("litellm_settings.langfuse", 0, "LANGFUSE_HOST is no address: nothing is sent there");
            return null;
        }

        return new LangfuseOptions(publicKey, secretKey, address) { Successes = draft.Success.Contains(Langfuse), Failures = draft.Failure.Contains(Langfuse) };
    }

    private static SentryOptions? ReadSentry(Func<string, string?> variable, ConfigReport report)
    {
        if (ParseDsn(variable("SENTRY_DSN")) is not { } sentry)
        {
            report.Warning("litellm_settings.sentry", 0, "SENTRY_DSN is not set, or is no DSN (https://key@host/project): nothing is sent there");
            return null;
        }

        return sentry with
        {
            Environment = variable("SENTRY_ENVIRONMENT") is { Length: > 0 } environment ? environment : sentry.Environment,
            SampleRate = double.TryParse(variable("SENTRY_API_SAMPLE_RATE"), NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) ? Math.Clamp(rate, 0, 1) : sentry.SampleRate,
        };
    }

    /// <summary><c>https://PUBLIC_KEY@HOST/PATH/PROJECT_ID</c>; null: it is none.</summary>
    internal static SentryOptions? ParseDsn(string? dsn)
    {
        if (!Uri.TryCreate(dsn, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return null;
        var key = uri.UserInfo.Split(':')[0];
        var slash = uri.AbsolutePath.LastIndexOf('/');
        var project = uri.AbsolutePath[(slash + 1)..];
        if (key.Length == 0 || project.Length == 0) return null;
        return new SentryOptions(new Uri($"{uri.Scheme}://{uri.Authority}{uri.AbsolutePath[..slash]}/api/{project}/envelope/"), key);
    }
}

/// <param name="Success">Told of successes.</param>
/// <param name="Failure">Told of failures.</param>
internal sealed record CallbackDraft(ImmutableHashSet<string> Success, ImmutableHashSet<string> Failure)
{
    public static CallbackDraft None { get; } = new([], []);

    public bool AsksLangfuse => Success.Contains(CallbackReader.Langfuse) || Failure.Contains(CallbackReader.Langfuse);

    /// <summary><c>turn_off_message_logging</c>; null: not said.</summary>
    public bool? NoMessages { get; init; }

    /// <summary><c>require_auth_for_metrics_endpoint</c>.</summary>
    public bool? MetricsNeedKey { get; init; }

    /// <summary><c>forward_traceparent_to_llm_provider</c>.</summary>
    public bool? ForwardTraceParent { get; init; }
}
