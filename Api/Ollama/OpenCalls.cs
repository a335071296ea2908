namespace OrleansLlm.Api.Ollama;

/// <summary>The calls of one answer that no result has come for. Each is found without a look at the others: a request may have a hundred thousand.</summary>
internal sealed class OpenCalls
{
    private readonly Queue<Call> _all = [];
    private readonly Dictionary<string, Queue<Call>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<Call>> _byId = new(StringComparer.Ordinal);

    public void Add(string id, string name)
    {
        var call = new Call(id);
        _all.Enqueue(call);
        Of(_byName, name).Enqueue(call);
        Of(_byId, id).Enqueue(call);
    }

    /// <summary>Every call of this id.</summary>
    public void Answer(string id)
    {
        if (!_byId.Remove(id, out var calls)) return;
        foreach (var call in calls) call.IsAnswered = true;
    }

    /// <summary>The first open one of this tool; else the first open one.</summary>
    /// <returns>Its id; null: none is open.</returns>
    public string? AnswerNext(string? name)
    {
        var call = (name is not null && _byName.TryGetValue(name, out var ofTool) ? NextOpen(ofTool) : null) ?? NextOpen(_all);
        if (call is null) return null;
        call.IsAnswered = true;
        return call.Id;
    }

    private static Call? NextOpen(Queue<Call> calls)
    {
        while (calls.TryDequeue(out var call))
        {
            if (!call.IsAnswered) return call;
        }

        return null;
    }

    private static Queue<Call> Of(Dictionary<string, Queue<Call>> queues, string key) => queues.TryGetValue(key, out var queue) ? queue : queues[key] = [];

    private sealed class Call(string id)
    {
        public string Id => id;

        public bool IsAnswered { get; set; }
    }
}
