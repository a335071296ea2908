namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.token_transport</c>: how tokens reach the first reader of a streamed answer. Later readers always use streams.</summary>
public enum TokenTransport
{
    /// <summary>One enumerating grain call: the least latency (docs/adr/0002-tokens-by-enumerable.md).</summary>
    Enumerable,

    /// <summary>An Orleans stream, as for later readers.</summary>
    Stream,
}
