using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>A stored response as its client reads it.</summary>
internal static class ResponseObject
{
    public static ReadOnlyMemory<byte> Of(string id, StoredResponse stored)
    {
        var head = new ResponseHead(id, stored.Head!);
        var output = OutputOf(head, stored);
        return ResponseJson.Of(head, StatusOf(stored, output), output, stored.Failure);
    }

    public static Output OutputOf(ResponseHead head, StoredResponse stored)
    {
        var output = new Output(head);
        if (stored.Status != ResponseStatus.Answered) return output;
        output.Add(stored.Completion.Span);
        output.End(Told);
        return output;
    }

    /// <summary>The stored completion tells its tokens itself.</summary>
    public static InferenceCompleted Told { get; } = new(0, 0, TimeSpan.Zero);

    private static string StatusOf(StoredResponse stored, Output output) => stored.Status switch
    {
        ResponseStatus.Running => "in_progress",
        ResponseStatus.Answered => output.Status,
        ResponseStatus.Cancelled => "cancelled",
        _ => "failed",
    };
}
