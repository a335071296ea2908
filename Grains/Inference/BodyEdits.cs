using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Grains.Inference;

/// <summary>Changes of a request's body that only an attempt after a failure needs: they may cost a parse.</summary>
internal static class BodyEdits
{
    /// <summary>The body with the fields of another object in place of its own.</summary>
    public static ReadOnlyMemory<byte> Override(ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> overrides)
    {
        var json = Parse(body);
        foreach (var (name, value) in Parse(overrides)) json[name] = value?.DeepClone();
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>The body with the beginning of the answer as its last message, for a model to go on with.</summary>
    public static ReadOnlyMemory<byte> Continue(ReadOnlyMemory<byte> body, string beginning)
    {
        var json = Parse(body);
        var messages = json["messages"]!.DeepClone().AsArray();
        messages.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = beginning });
        json["messages"] = messages;
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>Of a field that is written twice the last one counts, as for the backends.</summary>
    private static JsonObject Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var json = new JsonObject();
        foreach (var field in document.RootElement.EnumerateObject()) json[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        return json;
    }
}
