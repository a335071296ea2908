namespace OrleansLlm.Silo.Configuration;

/// <summary><c>cooldown_time</c> of all models or of a backend; LiteLLM's router takes 0 for its default.</summary>
internal static class CooldownReader
{
    private const string Key = "cooldown_time";

    public static TimeSpan? Read(ConfigSection s)
    {
        if (s.Take(Key) is not { Value: ConfigScalar scalar } zero || scalar.AsNumber() != 0) return s.Seconds(Key);
        s.Report.Ignored(s.PathOf(Key), zero.Line, "0 says nothing, as in LiteLLM's router: the default holds");
        return null;
    }
}
