namespace OrleansLlm.Tests.Clients.Node;

/// <summary>How one test of a suite ended.</summary>
/// <param name="Failure">What was wrong, with the place; null: it passed.</param>
internal sealed record NodeResult(string? Failure);
