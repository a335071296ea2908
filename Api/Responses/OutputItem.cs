using System.Text.Json;

namespace OrleansLlm.Api.Responses;

internal enum ItemKind
{
    Message,
    Reasoning,
    FunctionCall,
    CustomCall,
    SearchCall,
    Compaction,
    FoundTool,
}

/// <summary>One item of an answer on its way to being whole.</summary>
internal sealed class OutputItem(ItemKind kind, string id, int index)
{
    public ItemKind Kind => kind;

    public string Id => id;

    /// <summary>Its place in the response's output.</summary>
    public int Index => index;

    public string Status { get; set; } = "in_progress";

    /// <summary>Of a message and of thoughts.</summary>
    public List<OutputPart> Parts { get; } = [];

    /// <summary>Of a call.</summary>
    public string CallId { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Of a call of a tool that is in one.</summary>
    public string? Namespace { get; init; }

    public GrowingText Arguments { get; } = new();

    /// <summary>Of thoughts: the blocks that their model has signed, as JSON.</summary>
    public List<string> Signed { get; } = [];

    /// <summary>Of a search that a service would have run: the tool that it would have found, as JSON.</summary>
    public string? Found { get; init; }

    /// <summary>Of a compaction.</summary>
    public GrowingText Summary { get; } = new();

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("type", TypeName);
        if (Kind != ItemKind.Compaction) json.WriteString("status", Status);
        switch (Kind)
        {
            case ItemKind.Message:
                json.WriteString("role", "assistant");
                WriteParts(json, "content", p => p.Type is not PartType.Summary);
                break;
            case ItemKind.Reasoning:
                WriteParts(json, "summary", p => p.Type is PartType.Summary);
                WriteParts(json, "content", p => p.Type is not PartType.Summary);
                json.WriteString("encrypted_content", Signed.Count == 0 ? null : SignedThoughts.Seal(Signed));
                break;
            case ItemKind.FunctionCall:
                WriteCall(json, "arguments", Arguments.ToString());
                break;
            case ItemKind.CustomCall:
                WriteCall(json, "input", Status == "in_progress" ? "" : CustomTools.ToInput(Arguments.ToString()));
                break;
            case ItemKind.SearchCall:
                WriteSearch(json);
                break;
            case ItemKind.FoundTool:
                WriteFound(json);
                break;
            case ItemKind.Compaction:
                json.WriteString("encrypted_content", Status == "in_progress" ? "" : Compaction.Seal(Summary.ToString()));
                break;
        }

        json.WriteEndObject();
    }

    private string TypeName => Kind switch
    {
        ItemKind.Message => "message",
        ItemKind.Reasoning => "reasoning",
        ItemKind.FunctionCall => "function_call",
        ItemKind.SearchCall => "tool_search_call",
        ItemKind.Compaction => "compaction",
        ItemKind.FoundTool => "tool_search_output",
        _ => "custom_tool_call",
    };

    /// <summary>Its arguments are an object, told when they are whole; what a model made of them that is none is one without members.</summary>
    private void WriteSearch(Utf8JsonWriter json)
    {
        json.WriteString("call_id", Found is null ? CallId : null);
        json.WriteString("execution", Found is null ? "client" : "server");
        json.WritePropertyName("arguments");
        if (Found is not null)
        {
            json.WriteStartObject();
            json.WriteStartArray("paths");
            json.WriteStringValue(Namespace ?? Name);
            json.WriteEndArray();
            json.WriteEndObject();
            return;
        }

        if (Status != "in_progress" && JsonTexts.IsObject(Arguments.ToString()))
        {
            json.WriteRawValue(Arguments.ToString());
            return;
        }

        json.WriteStartObject();
        json.WriteEndObject();
    }

    private void WriteFound(Utf8JsonWriter json)
    {
        json.WriteNull("call_id");
        json.WriteString("execution", "server");
        json.WriteStartArray("tools");
        json.WriteRawValue(Found!);
        json.WriteEndArray();
    }

    private void WriteCall(Utf8JsonWriter json, string field, string value)
    {
        json.WriteString("call_id", CallId);
        json.WriteString("name", Name);
        if (Namespace is not null) json.WriteString("namespace", Namespace);
        json.WriteString(field, value);
    }

    private void WriteParts(Utf8JsonWriter json, string name, Func<OutputPart, bool> which)
    {
        json.WriteStartArray(name);
        foreach (var part in Parts.Where(which)) part.WriteTo(json);
        json.WriteEndArray();
    }
}

internal enum PartType
{
    Text,
    Refusal,
    Reasoning,
    Summary,
}

/// <summary>One part of an item's content.</summary>
/// <param name="index">Its place among its kind.</param>
internal sealed class OutputPart(PartType type, int index)
{
    public PartType Type => type;

    public int Index => index;

    public GrowingText Text { get; } = new();

    /// <summary>Where its words are from, as this API has it.</summary>
    public List<byte[]> Annotations { get; } = [];

    /// <summary>Characters of the answer's text before it.</summary>
    public long Begin { get; init; }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        switch (Type)
        {
            case PartType.Text:
                json.WriteString("type", "output_text");
                json.WriteString("text", Text.ToString());
                json.WriteStartArray("annotations");
                foreach (var annotation in Annotations) json.WriteRawValue(annotation);
                json.WriteEndArray();
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
                break;
            case PartType.Refusal:
                json.WriteString("type", "refusal");
                json.WriteString("refusal", Text.ToString());
                break;
            case PartType.Reasoning:
                json.WriteString("type", "reasoning_text");
                json.WriteString("text", Text.ToString());
                break;
            case PartType.Summary:
                json.WriteString("type", "summary_text");
                json.WriteString("text", Text.ToString());
                break;
        }

        json.WriteEndObject();
    }
}
