using OrleansLlm.Api.Chat;

namespace OrleansLlm.Api.Doors;

/// <summary>A client's request as the cluster understands it.</summary>
/// <param name="Body">OpenAI's request of the door's kind: the client's own bytes, or what they mean.</param>
/// <param name="Fields">What the gateway itself acts on.</param>
internal sealed record DoorRequest(ReadOnlyMemory<byte> Body, ChatFields Fields);
