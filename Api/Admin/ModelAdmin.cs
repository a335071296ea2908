using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Models;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Admin;

/// <summary><c>POST /model/new</c>, <c>/model/update</c> and <c>/model/delete</c> in LiteLLM's shape. No answer ever shows a key.</summary>
internal sealed class ModelAdmin(CatalogChanges changes, ICatalog catalog)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task NewAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        AdminBody.Needed(body, "model_name");
        if (!body.TryGetProperty("litellm_params", out var parameters) || parameters.ValueKind != JsonValueKind.Object) throw AdminBody.Wrong("litellm_params", "an object with the model");
        AdminBody.Needed(parameters, "model");
        var id = IdOf(body) ?? context.TraceIdentifier;
        await changes.MakeAsync(context, new AddModel { ChangeId = context.TraceIdentifier, Id = id, Entry = Entry(body) }, id);
        await AnswerAsync(context, id);
    }

    public async Task UpdateAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var id = IdOf(body) ?? throw new RequestException(ApiError.BadRequest("model_info.id is missing: which deployment? /model/info lists them.", "model_info.id", "missing_required_parameter"));
        await changes.MakeAsync(context, new UpdateModel { ChangeId = context.TraceIdentifier, Id = id, Entry = Entry(body) }, id);
        await AnswerAsync(context, id);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var id = AdminBody.Needed(body, "id");
        await changes.MakeAsync(context, new DeleteModel { ChangeId = context.TraceIdentifier, Id = id }, id);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", $"Model: {id} deleted successfully");
            json.WriteEndObject();
        });
    }

    /// <summary>What of the body belongs into an entry; the rest is LiteLLM's own.</summary>
    private static string Entry(JsonElement body)
    {
        var entry = new JsonObject();
        foreach (var name in (string[])["model_name", "litellm_params", "model_info"])
        {
            if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) continue;
            if ((value.ValueKind == JsonValueKind.Object) != (name != "model_name")) throw AdminBody.Wrong(name, name == "model_name" ? "a text" : "an object");
            entry[name] = JsonNode.Parse(value.GetRawText());
        }

        return entry.ToJsonString(Plain);
    }

    private static string? IdOf(JsonElement body) =>
        body.TryGetProperty("model_info", out var info) && info.ValueKind == JsonValueKind.Object ? AdminBody.Text(info, "id") : null;

    private Task AnswerAsync(HttpContext context, string id) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("model_id", id);
        if (catalog.Current.Groups.SelectMany(g => g.Deployments).FirstOrDefault(d => d.Id == id) is { } deployment) ModelInfo.WriteFields(json, deployment);
        json.WriteEndObject();
    });
}
