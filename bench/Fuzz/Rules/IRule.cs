namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>Something that must stand whatever bytes it is given, without a socket.</summary>
internal interface IRule
{
    string Name { get; }

    /// <summary>The bytes of one case, and what is done with them.</summary>
    RuleCase Make(Dice dice);
}

/// <param name="Title">What is asked of the bytes.</param>
/// <param name="Try">What is wrong; null: nothing.</param>
internal sealed record RuleCase(string Title, byte[] Bytes, Func<byte[], Task<string?>> Try);
