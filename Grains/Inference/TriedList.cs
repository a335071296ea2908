using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>What one request has tried in vain, for the error that tells of it. Bounded: what comes last is counted only.</summary>
internal sealed class TriedList
{
    private const int Most = 20;

    private readonly List<(string What, string How, int Times)> _tried = [];
    private int _more;

    /// <param name="deployment">Null: no deployment of the group gave a slot.</param>
    public void Add(string group, string? deployment, Failure failure)
    {
        var what = deployment is null ? group : $"{group} ({deployment})";
        var how = Word(failure);
        if (_tried.Count > 0 && _tried[^1] is var last && last.What == what && last.How == how) _tried[^1] = (what, how, last.Times + 1);
        else if (_tried.Count < Most) _tried.Add((what, how, 1));
        else _more++;
    }

    /// <summary>The failure that the client's own model had, with all that was tried after it.</summary>
    public Failure Tell(Failure original, int retries, int fallbacks)
    {
        original = original with { Retries = retries, Fallbacks = fallbacks };
        if (_tried.Count < 2 && _tried.All(t => t.Times < 2)) return original;
        var list = string.Join("; ", _tried.Select(t => t.Times > 1 ? $"{t.What}: {t.How}, {t.Times} times" : $"{t.What}: {t.How}"));
        return original with { Message = $"{Sentence(original.Message)} Tried: {list}{(_more > 0 ? $"; and {_more} more" : "")}." };
    }

    /// <summary>Services end theirs as they like.</summary>
    private static string Sentence(string message) => message.Length > 0 && char.IsLetterOrDigit(message[^1]) ? message + "." : message;

    private static string Word(Failure failure) => failure.Kind switch
    {
        FailureKind.UpstreamStatus when failure.UpstreamStatus is { } status => $"status {status}",
        FailureKind.UpstreamStatus => "error",
        FailureKind.UpstreamUnreachable => "unreachable",
        FailureKind.UpstreamTimeout => "timed out",
        FailureKind.UpstreamProtocol => "broken answer",
        FailureKind.UnknownModel => "no such model",
        FailureKind.OverLimit => "over its limit",
        FailureKind.BudgetExceeded => "over its budget",
        FailureKind.QueueFull => "queue full",
        FailureKind.QueueTimeout => "no free slot in time",
        FailureKind.CircuitOpen => "cooling down",
        FailureKind.Draining => "being drained",
        FailureKind.BadRequest => "request refused",
        _ => "failed",
    };
}
