using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>Asks a gateway for its metrics, as Prometheus does.</summary>
internal static class Scrape
{
    public static async Task<PrometheusText> MetricsAsync(this TestGateway gateway)
    {
        using var response = await gateway.Http.GetAsync("/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), ((int)response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        return PrometheusText.Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>A request is counted a moment after its client has the answer.</summary>
    public static async Task<PrometheusText> MetricsUntilAsync(this TestGateway gateway, Func<PrometheusText, bool> holds, string what)
    {
        PrometheusText? shown = null;
        await Eventually.UntilAsync(async () => holds(shown = await gateway.MetricsAsync()), what);
        return shown!;
    }
}
