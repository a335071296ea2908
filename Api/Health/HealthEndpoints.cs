using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Api.Errors;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Routing;

namespace OrleansLlm.Api.Health;

/// <summary>
/// Health without a key and without a model call. <c>/health</c> is always 200: a container platform that restarted the gateway because
/// a backend is down would help nobody. <c>/health/readiness</c> is 503 until grains answer, and from the moment on at which the
/// process is asked to stop.
/// </summary>
internal sealed class HealthEndpoints(IGrainFactory grains, ICatalog catalog, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task HealthAsync(HttpContext context)
    {
        var current = catalog.Current;
        var snapshots = (await Task.WhenAll(current.Backends.Keys.Select(SnapshotAsync))).ToDictionary(s => s.Name, s => s.Snapshot, StringComparer.Ordinal);
        var deployments = current.Groups.SelectMany(g => g.Deployments).ToList();
        var healthy = deployments.Where(d => IsWell(snapshots.GetValueOrDefault(d.Backend))).ToList();
        var unhealthy = deployments.Except(healthy).ToList();
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", unhealthy.Count == 0 ? "healthy" : healthy.Count > 0 ? "degraded" : "unhealthy");
            json.WriteStartObject("containers");
            foreach (var group in deployments.DistinctBy(d => d.Group)) json.WriteString(group.Group, Server(group));
            json.WriteEndObject();
            WriteEndpoints(json, "healthy_endpoints", healthy, snapshots);
            WriteEndpoints(json, "unhealthy_endpoints", unhealthy, snapshots);
            json.WriteNumber("healthy_count", healthy.Count);
            json.WriteNumber("unhealthy_count", unhealthy.Count);
            json.WriteEndObject();
        });
    }

    /// <summary>As it is: scripts look for these words, and the usual writer would escape the apostrophe.</summary>
    public Task LivelinessAsync(HttpContext context) => JsonAnswer.WriteAsync(context, json => json.WriteRawValue("\"I'm alive!\""));

    public async Task ReadinessAsync(HttpContext context)
    {
        string? problem = null;
        try
        {
            await grains.GetGrain<IModelGrain>("readiness").GetCandidatesAsync().WaitAsync(Patience, time, context.RequestAborted);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            problem = Contact.WordsOf(e);
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested) problem = "this node is about to stop";

        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("status", problem is null ? "healthy" : "unhealthy");
                // LiteLLM's field: there is no database to be connected to.
                json.WriteString("db", "Not connected");
                json.WriteString("version", typeof(HealthEndpoints).Assembly.GetName().Version?.ToString(3));
                if (problem is not null) json.WriteString("error", problem);
                json.WriteEndObject();
            },
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<(string Name, BackendSnapshot? Snapshot)> SnapshotAsync(string backend)
    {
        try
        {
            return (backend, await grains.GetGrain<IBackendGrain>(backend).GetSnapshotAsync().WaitAsync(Patience, time));
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // A backend grain that cannot be asked is reported as unhealthy below.
            return (backend, null);
        }
    }

    private static bool IsWell(BackendSnapshot? backend) => backend is { Circuit: not CircuitState.Open, Health: not HealthState.Down };

    private static void WriteEndpoints(Utf8JsonWriter json, string name, List<Deployment> deployments, Dictionary<string, BackendSnapshot?> snapshots)
    {
        json.WriteStartArray(name);
        foreach (var deployment in deployments)
        {
            json.WriteStartObject();
            json.WriteString("model", deployment.ConfiguredModel);
            json.WriteString("model_name", deployment.Group);
            json.WriteString("api_base", Server(deployment));
            json.WriteString("model_id", deployment.Id);
            if (snapshots.GetValueOrDefault(deployment.Backend) is { } backend) WriteBackend(json, backend);
            else json.WriteString("error", "The backend's grain did not answer.");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteBackend(Utf8JsonWriter json, BackendSnapshot backend)
    {
        json.WriteString("health", backend.Health.ToString().ToLowerInvariant());
        json.WriteString("circuit", backend.Circuit.ToString().ToLowerInvariant());
        json.WriteNumber("slots", backend.Slots);
        json.WriteNumber("running", backend.Running);
        json.WriteNumber("waiting", backend.Waiting);
        if (backend.Draining) json.WriteBoolean("draining", true);
        if (backend.LastError is not null && !IsWell(backend)) json.WriteString("error", backend.LastError);
    }

    private static string Server(Deployment deployment) => deployment.ApiBase.GetLeftPart(UriPartial.Path).TrimEnd('/');
}
