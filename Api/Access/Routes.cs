namespace OrleansLlm.Api.Access;

/// <summary>Marks a route that needs no key.</summary>
internal sealed class FreeRoute;

/// <summary>Marks a route that a virtual key may use. Whatever is not marked needs the master key.</summary>
internal sealed class KeyRoute;
