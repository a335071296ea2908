using System.Globalization;

namespace OrleansLlm.Api.Ollama;

/// <summary>Times as Ollama writes them.</summary>
internal static class OllamaTime
{
    /// <summary>RFC 3339, UTC.</summary>
    public static string Now(TimeProvider time) => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public static long Nanoseconds(TimeSpan time) => Math.Max(time.Ticks, 0) * TimeSpan.NanosecondsPerTick;
}
