using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>allowed_fails_policy</c>.</summary>
internal static class AllowedFailsReader
{
    private const string Never = "never reached: a request at fault is no failure of its backend";

    public static AllowedFailsPolicy? Read(ConfigSection settings)
    {
        if (settings.Map("allowed_fails_policy") is not { } map) return null;
        var path = settings.PathOf("allowed_fails_policy");
        settings.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, settings.Report);
        s.Int("BadRequestErrorAllowedFails", note: Never);
        s.Int("ContentPolicyViolationErrorAllowedFails", note: Never);
        var policy = new AllowedFailsPolicy
        {
            Authentication = Fails(s, "AuthenticationErrorAllowedFails", "keys refused in a row that open the circuit"),
            Timeout = Fails(s, "TimeoutErrorAllowedFails", "in a row, counted by themselves"),
            RateLimit = Fails(s, "RateLimitErrorAllowedFails", "in a row, counted by themselves: with a time to wait they sideline the deployment, without they open the circuit"),
            InternalServer = Fails(s, "InternalServerErrorAllowedFails", "in a row, counted by themselves"),
        };
        s.Finish("no such class of failures: allowed_fails applies");
        return policy;
    }

    /// <summary>As with <c>allowed_fails</c>, 0 is 1.</summary>
    private static int? Fails(ConfigSection s, string key, string note) => s.Int(key, note: note + "; 0 is 1") is { } fails ? Math.Max(1, fails) : null;
}
