using System.Text.Json;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>What a response object says whatever its answer is.</summary>
internal sealed class ResponseHead
{
    public ResponseHead(string id, NewResponse head)
    {
        (Id, Model, CreatedAt, Request, Background) = (id, head.Model, head.CreatedAt, head.Request, head.Background);
        using var echo = JsonDocument.Parse(head.Request);
        Tools = ResponseEcho.ToolsIn(echo.RootElement);
        Compaction = Responses.Compaction.MarkIn(echo.RootElement);
        WantsSummary = ResponseEcho.WantsSummary(echo.RootElement);
    }

    public string Id { get; }

    public string Model { get; }

    /// <summary>Seconds since 1970.</summary>
    public long CreatedAt { get; }

    /// <summary>A JSON object of the fields that repeat the request.</summary>
    public ReadOnlyMemory<byte> Request { get; }

    public bool Background { get; }

    /// <summary>By what the model calls them.</summary>
    public IReadOnlyDictionary<string, ToolName> Tools { get; }

    /// <summary>See <see cref="Responses.Compaction.Mark"/>.</summary>
    public string? Compaction { get; }

    public bool WantsSummary { get; }
}
