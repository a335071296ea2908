namespace OrleansLlm.Silo.Configuration;

/// <summary><c>cooldown_time</c>; LiteLLM takes 0 for its default.</summary>
internal static class CooldownReader
{
    private const string Key = "cooldown_time";

    public static TimeSpan? Read(ConfigSection s)
    {
        if (s.Take(Key) is not { Value: ConfigScalar { Text: "0" } } nothing) return s.Seconds(Key, 0) is { Ticks: > 0 } cooldown ? cooldown : null;
        s.Report.Translated(s.PathOf(Key), nothing.Line, "says nothing, as in LiteLLM");
        return null;
    }
}
