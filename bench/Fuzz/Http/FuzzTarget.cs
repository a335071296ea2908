using System.Net;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>A running gateway, whoever has started it, configured by <see cref="FuzzConfig"/>.</summary>
internal sealed record FuzzTarget(IPEndPoint Address, SpoiltUpstream Upstream, IReadOnlyList<FuzzRoute> Routes, ErrorLog Errors);
