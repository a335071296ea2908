namespace OrleansLlm.Api.Admin;

/// <summary>Marks a route that changes the gateway: it needs the master key, and where none is configured nobody has it.</summary>
internal sealed class AdminRoute;
