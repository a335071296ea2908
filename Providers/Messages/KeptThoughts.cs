using System.Text;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers;

/// <summary>
/// What a model has said beside a call of a tool and wants to hear again with its result: Claude's signed thoughts, Gemini's signature. Most of OpenAI's clients do not send them
/// back, and Anthropic's have no place for Gemini's. So they are kept for a while, by the caller, the model and the id of the call, in this process alone. What is not found here is
/// missing as it would be without it.
/// </summary>
internal sealed class KeptThoughts(TimeProvider time)
{
    /// <summary>Bytes of one generation, of which there are two: when the younger is full or old, the older is forgotten.</summary>
    public const int MostBytes = 16 * 1024 * 1024;

    /// <summary>Of one answer. What is longer is not kept at all: a part of it would be refused.</summary>
    public const int LongestBytes = 512 * 1024;

    private const int LongestId = 256;

    /// <summary>What an entry takes beside its text and its names, roughly.</summary>
    private const int EntryBytes = 200;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private Dictionary<(string? Caller, string Model, string Call), byte[]> _young = [], _old = [];
    private long _size, _begun = time.GetTimestamp();

    /// <summary>Where no model thinks and calls tools, no request is looked through.</summary>
    private volatile bool _any;

    public void Keep(UpstreamRequest request, string call, byte[] what)
    {
        if (what.Length > LongestBytes || call.Length > LongestId) return;
        lock (_gate) Put((request.Caller, request.Model, call), what);
        _any = true;
    }

    /// <summary>The request with Claude's thoughts in the messages that have come back without them.</summary>
    public UpstreamRequest WithThoughts(UpstreamRequest request) => With(request, (called, splices) =>
    {
        if (called.HasThoughts) return;
        // The last call has all that was thought before it.
        var kept = called.Calls.Select(call => Find(request, call.Id)).LastOrDefault(found => found is not null);
        if (kept is not null) splices.Insert(called.At, [.. "\"thinking_blocks\":["u8, .. kept, .. "],"u8]);
    });

    /// <summary>The request with Gemini's signatures at the calls that have come back without them.</summary>
    public UpstreamRequest WithSignatures(UpstreamRequest request) => With(request, (called, splices) =>
    {
        foreach (var call in called.Calls)
        {
            if (!call.HasSignature && Find(request, call.Id) is { } kept)
                splices.Insert(call.At, [.. "\"extra_content\":{\"google\":{\"thought_signature\":"u8, .. JsonText.Quote(Encoding.UTF8.GetString(kept)), .. "}},"u8]);
        }
    });

    private UpstreamRequest With(UpstreamRequest request, Action<CalledMessage, Splices> put)
    {
        if (!_any) return request;
        var splices = new Splices();
        foreach (var called in CalledMessage.AllOf(request.Body.Span)) put(called, splices);
        return splices.IsEmpty ? request : request with { Body = splices.Apply(request.Body.Span) };
    }

    private byte[]? Find(UpstreamRequest request, string call)
    {
        var key = (request.Caller, request.Model, call);
        lock (_gate)
        {
            if (_young.TryGetValue(key, out var kept)) return kept;
            if (!_old.TryGetValue(key, out kept)) return null;
            // A conversation that goes on keeps its own.
            Put(key, kept);
            return kept;
        }
    }

    private void Put((string? Caller, string Model, string Call) key, byte[] what)
    {
        var size = what.Length + EntryBytes + (2 * (key.Model.Length + key.Call.Length));
        if (_size + size > MostBytes || time.GetElapsedTime(_begun) > Lifetime)
        {
            // Nothing was said for so long that the younger ones are old as well.
            _old = time.GetElapsedTime(_begun) > 2 * Lifetime ? [] : _young;
            (_young, _size, _begun) = ([], 0, time.GetTimestamp());
        }

        _young[key] = what;
        _size += size;
    }
}
