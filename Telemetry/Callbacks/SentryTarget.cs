using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>Sentry's envelope endpoint: an event for each failure that is not its client's own.</summary>
internal sealed class SentryTarget(SentryOptions options, CallbackHttp http, TimeProvider time) : ICallbackTarget
{
    private readonly string _login = $"Sentry sentry_version=7, sentry_client=orleansllm/{CallbackHttp.Version}, sentry_key={options.PublicKey}";

    public string Name => "sentry";

    public bool Wants(RequestReport report) =>
        report is { IsSuccess: false, IsCallersFault: false } && IsSampled(report);

    /// <summary>One after the other: an envelope holds one event.</summary>
    public async Task<Delivery> SendAsync(IReadOnlyList<RequestReport> batch, CancellationToken cancellationToken)
    {
        var (delivered, refused) = (0, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            Delivery one;
            try
            {
                var envelope = SentryEnvelope.Write(batch[i], options, time.GetUtcNow());
                using var response = await http.PostAsync(options.Envelope, envelope, "application/x-sentry-envelope", "X-Sentry-Auth", _login, cancellationToken);
                one = Delivery.From(response, [batch[i]]);
            }
            catch (Exception e) when (i > 0 && e is HttpRequestException or OperationCanceledException)
            {
                // Those before it have arrived.
                one = new Delivery(0, 0, [batch[i]]);
            }

            (delivered, refused) = (delivered + one.Delivered, refused + one.Refused);
            if (one.Again.Count > 0) return new Delivery(delivered, refused, [.. batch.Skip(i)], one.After);
        }

        return new Delivery(delivered, refused, []);
    }

    /// <summary>Decided by the request's own id, which is random.</summary>
    private bool IsSampled(RequestReport report)
    {
        if (options.SampleRate >= 1) return true;
        var id = report.Row.RequestId;
        return id.Length >= 8 && uint.TryParse(id.AsSpan(id.Length - 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var draw) && draw < options.SampleRate * uint.MaxValue;
    }
}
