using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Admin;

/// <summary>Backends: what there is, one more, one less, and none that takes anything new for a while.</summary>
internal sealed class BackendAdmin(IGrainFactory grains, CatalogChanges changes, ICatalog catalog, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task ListAsync(HttpContext context)
    {
        var current = catalog.Current;
        var models = current.Groups.SelectMany(g => g.Deployments).ToLookup(d => d.Backend, StringComparer.Ordinal);
        var snapshots = await Task.WhenAll(current.Backends.Values.OrderBy(b => b.Name, StringComparer.Ordinal).Select(async b => (Backend: b, Snapshot: await SnapshotAsync(b.Name))));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var (backend, snapshot) in snapshots) BackendAnswer.Write(json, backend, snapshot, models[backend.Name]);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task NewAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var address = AdminBody.Needed(body, "api_base").TrimEnd('/');
        // It names the backend in lists and in the audit log, so that nothing secret may be in it.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Query.Length > 0)
        {
            throw AdminBody.Wrong("api_base", "an http or https address without a user name and without a query (a model at such an address is added with /model/new)");
        }

        var options = new JsonObject();
        foreach (var property in body.EnumerateObject().Where(p => p.Name is not ("api_base" or "models"))) options[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        var change = new AddBackend
        {
            ChangeId = context.TraceIdentifier,
            Address = address,
            Options = options.Count == 0 ? null : options.ToJsonString(),
            Models = ModelsOf(body),
        };
        var made = await changes.MakeAsync(context, change, address);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("backend", catalog.Current.Groups.SelectMany(g => g.Deployments).FirstOrDefault(d => made.Ids.Contains(d.Id))?.Backend ?? address);
            json.WriteStartArray("model_ids");
            foreach (var id in made.Ids) json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var name = await NamedAsync(context);
        var made = await changes.MakeAsync(context, new RemoveBackend { ChangeId = context.TraceIdentifier, Name = name }, name);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", $"Backend: {name} deleted successfully");
            json.WriteStartArray("model_ids");
            foreach (var id in made.Ids) json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public Task DrainAsync(HttpContext context) => TellAsync(context, "Drain", b => b.SetDrainingAsync(true));

    public Task UndrainAsync(HttpContext context) => TellAsync(context, "Undrain", b => b.SetDrainingAsync(false));

    /// <summary>The circuit is closed and no deployment sidelined, whatever has failed.</summary>
    public Task ResetCircuitAsync(HttpContext context) => TellAsync(context, "Reset", b => b.ResetAsync());

    /// <summary>Everything is as the file says again. Draining is no part of it.</summary>
    public async Task ResetAsync(HttpContext context)
    {
        var made = await changes.MakeAsync(context, new ResetCatalog { ChangeId = context.TraceIdentifier }, "all");
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", "Everything is as the configuration file says");
            json.WriteNumber("version", made.Version);
            json.WriteEndObject();
        });
    }

    private async Task TellAsync(HttpContext context, string action, Func<IBackendGrain, Task> tell)
    {
        var name = await NamedAsync(context);
        BackendSnapshot snapshot;
        try
        {
            var backend = grains.GetGrain<IBackendGrain>(name);
            await tell(backend);
            snapshot = await backend.GetSnapshotAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            changes.Log(context, action, name, "its outcome is unknown: " + Contact.WordsOf(e));
            throw CatalogChanges.Unreachable();
        }

        changes.Log(context, action, name, "made");
        await JsonAnswer.WriteAsync(context, json => BackendAnswer.Write(json, catalog.Current.Backends[name], snapshot, []));
    }

    /// <summary>The backend that the body names, by its name or by its address.</summary>
    private async Task<string> NamedAsync(HttpContext context)
    {
        var asked = AdminBody.Needed(await AdminBody.ReadAsync(context), "backend");
        var backends = catalog.Current.Backends;
        if (backends.ContainsKey(asked)) return asked;
        var address = asked.TrimEnd('/');
        var found = backends.Values.Where(b => b.Name == address || b.Url.ToString().TrimEnd('/') == address).Select(b => b.Name).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new RequestException(ErrorTable.For(new ChangeRefused(ChangeRefusal.NotFound, $"No backend is named '{asked}': /backend/list lists them."))),
            _ => throw new RequestException(ApiError.BadRequest($"Several accounts share this address; name one of {string.Join(", ", found)}.", "backend")),
        };
    }

    private async Task<BackendSnapshot?> SnapshotAsync(string name)
    {
        try
        {
            return await grains.GetGrain<IBackendGrain>(name).GetSnapshotAsync().WaitAsync(Patience, time);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            return null;
        }
    }

    private static ImmutableArray<string> ModelsOf(JsonElement body)
    {
        if (!body.TryGetProperty("models", out var models) || models.ValueKind == JsonValueKind.Null) return [];
        if (models.ValueKind != JsonValueKind.Array || models.EnumerateArray().Any(m => m.ValueKind != JsonValueKind.String)) throw AdminBody.Wrong("models", "a list of model names");
        return [.. models.EnumerateArray().Select(m => m.GetString()!).Distinct()];
    }
}
