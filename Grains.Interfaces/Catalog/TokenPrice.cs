namespace OrleansLlm.Catalog;

/// <summary>US dollars for one token of a prompt and of an answer.</summary>
public readonly record struct TokenPrice(double Input, double Output);
