namespace OrleansLlm.Catalog;

/// <summary>US dollars for one token of a prompt and of an answer.</summary>
/// <param name="CacheRead">For one of a prompt that the service had in its cache; null: as any other.</param>
/// <param name="CacheWrite">For one that it has put into it; null: as any other.</param>
public readonly record struct TokenPrice(double Input, double Output, double? CacheRead = null, double? CacheWrite = null);
