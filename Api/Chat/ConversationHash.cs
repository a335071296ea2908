using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansLlm.Api.Chat;

/// <summary>
/// What a conversation is recognised by, so that its next turn can go to the backend that has its prompt computed. Each request of a
/// conversation repeats the messages of the one before, adds the answer to them and then what is new. So the messages before the last answer
/// are all the messages of the request before. 64 bits of SHA-256: a collision costs a wrong preference and nothing else.
/// </summary>
internal sealed class ConversationHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong? _beforeFirstAnswer;
    private ulong? _beforeLastAnswer;

    /// <param name="message">As the client wrote it; clients write the messages they repeat the same way again.</param>
    public void Add(ReadOnlySpan<byte> message, bool isAnswer)
    {
        if (isAnswer)
        {
            _beforeLastAnswer = Current();
            _beforeFirstAnswer ??= _beforeLastAnswer;
        }

        _hash.AppendData(message);
    }

    /// <returns>The hash of all messages, that of those before the last answer (null when there is no answer among them), and that of those before the first one.</returns>
    public (ulong Turn, ulong? Follows, ulong First) Finish()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        var turn = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        return (turn, _beforeLastAnswer, _beforeFirstAnswer ?? turn);
    }

    public void Dispose() => _hash.Dispose();

    private ulong Current()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetCurrentHash(hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
