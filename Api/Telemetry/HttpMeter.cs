using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansLlm.Api.Access;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Api.Telemetry;

/// <summary>The outermost step: measures each HTTP request and begins its trace.</summary>
internal sealed class HttpMeter(RequestDelegate next, GatewayMetrics metrics, TimeProvider time)
{
    private readonly HttpMetrics _metrics = metrics.Http;

    public async Task InvokeAsync(HttpContext context)
    {
        var received = time.GetTimestamp();
        var use = new RequestUse { Span = StartSpan(context.Request) };
        context.Features.Set(use);
        _metrics.InFlight.Add(1);
        try
        {
            await next(context);
        }
        finally
        {
            _metrics.InFlight.Add(-1);
            Measure(context, use, time.GetElapsedTime(received));
        }
    }

    private void Measure(HttpContext context, RequestUse use, TimeSpan took)
    {
        // A path that is no route of ours is a client's invention.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var status = context.Response.StatusCode.ToString(CultureInfo.InvariantCulture);
        var error = use.Failure ?? (context.Response.StatusCode >= 500 ? status : null);
        var method = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsPost(context.Request.Method) ? context.Request.Method
            : HttpMethods.IsDelete(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? context.Request.Method : "_OTHER";
        _metrics.Duration.Record(took.TotalSeconds, method, route, status, error);
        EndSpan(context, use, method, route, error);
        if (context.GetEndpoint()?.Metadata.GetMetadata<ModelRoute>() is null) return;
        var (key, rights) = (Caller.KeyHashOf(context), Identity.Of(context).Rights);
        // A key that was refused is nobody's: what is guessed makes no series.
        if (context.Response.StatusCode is 401 or 403) key = null;
        if (use.Failure is not null || context.Response.StatusCode >= 400)
        {
            _metrics.Failed.Add(1, use.Model, route, status, use.Failure, key, rights?.Key.Alias, rights?.TeamId);
        }

        // The last: whoever sees it counted sees all of it.
        _metrics.Total.Add(1, use.Model, route, status, key, rights?.Key.Alias, rights?.TeamId);
    }

    private static Activity? StartSpan(HttpRequest request) =>
        GatewayTraces.Start(request.Method, ActivityKind.Server, TraceHeaders.Parent(request.Headers), TraceHeaders.State(request.Headers));

    private static void EndSpan(HttpContext context, RequestUse use, string method, string? route, string? error)
    {
        if (use.Span is not { } span) return;
        span.DisplayName = route is null ? method : $"{method} {route}";
        span.SetTag("http.request.method", method);
        span.SetTag("http.route", route);
        span.SetTag("url.scheme", context.Request.Scheme);
        span.SetTag("http.response.status_code", context.Response.StatusCode);
        span.SetTag("orleansllm.request.id", context.TraceIdentifier);
        // What is the client's own fault is no error of the server's: so OpenTelemetry's conventions for HTTP want it.
        span.End(context.Response.StatusCode is >= 400 and < 500 ? null : error);
    }
}

/// <summary>Marks a route by which a model is asked.</summary>
internal sealed class ModelRoute;

/// <summary>What those further in have found out about a request that is measured.</summary>
internal sealed class RequestUse
{
    /// <summary>Null: not traced.</summary>
    public Activity? Span { get; init; }

    /// <summary>As the client named it, when it is one that is served; null: not known.</summary>
    public string? Model { get; set; }

    /// <summary>The code of the error that was answered, or that an answer broke off with; null: none.</summary>
    public string? Failure { get; set; }

    public static RequestUse? Of(HttpContext context) => context.Features.Get<RequestUse>();

    /// <summary>Notes the model that is asked.</summary>
    /// <returns>The request as a part of the trace of its HTTP request.</returns>
    public static InferenceRequest Trace(HttpContext context, InferenceRequest request)
    {
        var use = Of(context);
        use?.Model = request.Model;
        return use?.Span is { } span ? request with { TraceParent = span.Id, TraceState = span.TraceStateString } : request;
    }
}
