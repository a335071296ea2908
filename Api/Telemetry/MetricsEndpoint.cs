using Microsoft.AspNetCore.Http;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Api.Telemetry;

/// <summary><c>GET /metrics</c>: what this process has measured.</summary>
/// <param name="metrics">Null: the host gathers none.</param>
internal sealed class MetricsEndpoint(IMetricsText? metrics = null)
{
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = IMetricsText.ContentType;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        metrics?.Write(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}

/// <summary>Marks the route that is free unless the configuration says that it needs a key, whichever.</summary>
internal sealed class MetricsRoute;
