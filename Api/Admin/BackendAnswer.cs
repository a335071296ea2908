using System.Text.Json;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Admin;

/// <summary>One backend as JSON: what is configured, and what its grain knows.</summary>
internal static class BackendAnswer
{
    /// <param name="snapshot">Null: its grain did not answer.</param>
    public static void Write(Utf8JsonWriter json, BackendOptions backend, BackendSnapshot? snapshot, IEnumerable<Deployment> models)
    {
        json.WriteStartObject();
        json.WriteString("backend", backend.Name);
        json.WriteString("api_base", backend.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/'));
        json.WriteNumber("slots", backend.Slots);
        json.WriteNumber("max_queue", backend.MaxQueue);
        if (snapshot is null)
        {
            json.WriteString("error", "The backend's grain did not answer.");
        }
        else
        {
            json.WriteBoolean("draining", snapshot.Draining);
            json.WriteNumber("running", snapshot.Running);
            json.WriteNumber("waiting", snapshot.Waiting);
            json.WriteString("health", snapshot.Health.ToString().ToLowerInvariant());
            json.WriteString("circuit", snapshot.Circuit.ToString().ToLowerInvariant());
            json.WriteNumber("served", snapshot.Served);
            json.WriteNumber("failed", snapshot.Failed);
        }

        json.WriteStartArray("models");
        foreach (var deployment in models)
        {
            json.WriteStartObject();
            json.WriteString("model_name", deployment.Group);
            json.WriteString("model_id", deployment.Id);
            json.WriteBoolean("db_model", !deployment.FromFile);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
