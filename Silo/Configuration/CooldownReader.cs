namespace OrleansLlm.Silo.Configuration;

/// <summary><c>cooldown_time</c>; LiteLLM takes 0 for its default.</summary>
internal static class CooldownReader
{
    public static TimeSpan? Read(ConfigSection s) => s.Seconds("cooldown_time", 0) is { Ticks: > 0 } cooldown ? cooldown : null;
}
