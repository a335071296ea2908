using System.Collections.Immutable;
using OrleansLlm.Inference;

namespace OrleansLlm.Catalog;

/// <summary><c>litellm_settings.cache</c>, <c>cache_params</c> and <c>gateway_settings.cache</c>: answers that are given again.</summary>
public sealed record CacheOptions
{
    /// <summary><c>cache: true</c>. Default false.</summary>
    public bool Enabled { get; init; }

    /// <summary><c>mode: default_off</c>: only requests that say <c>"use-cache": true</c>. Default false: all.</summary>
    public bool OptIn { get; init; }

    /// <summary>How long an answer is kept. Default 10 minutes.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of requests that name none. Default none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The kinds of requests that are cached. Default all; of streams only chats.</summary>
    public ImmutableArray<InferenceKind> Kinds { get; init; } = [InferenceKind.Chat, InferenceKind.Completion, InferenceKind.Embedding];

    /// <summary>Bytes of all answers that one process keeps in memory; beyond that the longest unused go. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of one answer; a larger one is not kept. Default 1 MiB.</summary>
    public long MaxEntryBytes { get; init; } = 1L << 20;

    /// <summary>Whether users are given one another's answers. Default false.</summary>
    public bool Shared { get; init; }

    /// <summary>The Redis that keeps answers for all nodes, in StackExchange.Redis' form; null: each process its own. Secret.</summary>
    public string? Redis { get; init; }

    /// <summary>LiteLLM's type of cache that the configuration asks for; where it is not <c>local</c> and <see cref="Redis"/> is null, each process has its own all the same.</summary>
    public string AskedFor { get; init; } = "local";

    /// <summary>Without the address, which may hold a password.</summary>
    public override string ToString() => Enabled ? $"ttl {Ttl.TotalSeconds} s" : "off";
}
