namespace OrleansLlm.Api.Doors;

/// <summary>The client has left, or was cut. The server says so by its own token as well, but may take a moment to.</summary>
internal sealed class ClientGoneException(string message) : OperationCanceledException(message);
