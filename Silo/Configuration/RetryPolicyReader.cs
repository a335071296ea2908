using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>retry_policy</c> and <c>model_group_retry_policy</c>.</summary>
internal static class RetryPolicyReader
{
    private const int Most = 100;

    public static RetryPolicy? Read(ConfigSection s) =>
        s.Map("retry_policy") is { } map ? ReadPolicy(map, s.PathOf("retry_policy"), s.PathOf("retry_policy"), s.Report) : null;

    public static ImmutableDictionary<string, RetryPolicy>? ReadByGroup(ConfigSection s)
    {
        if (s.Map("model_group_retry_policy") is not { } map) return null;
        var path = s.PathOf("model_group_retry_policy");
        s.Report.Honoured(path, map.Line);
        var policies = ImmutableDictionary.CreateBuilder<string, RetryPolicy>(StringComparer.Ordinal);
        foreach (var group in map.Entries)
        {
            var groupPath = $"{path}.{group.Key}";
            // The same keys as in retry_policy, where the example shows them.
            if (group.Value is ConfigMap policy) policies[group.Key] = ReadPolicy(policy, groupPath, s.PathOf("retry_policy"), s.Report);
            else s.Report.Error(groupPath, group.Line, $"expected a mapping like {{TimeoutErrorRetries: 1}}, found {group.Value.Describe()}");
        }

        return policies.ToImmutable();
    }

    private static RetryPolicy ReadPolicy(ConfigMap map, string path, string knownAs, ConfigReport report)
    {
        report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, report, knownAs);
        var policy = new RetryPolicy
        {
            BadRequest = s.Int("BadRequestErrorRetries", 0, Most),
            Authentication = s.Int("AuthenticationErrorRetries", 0, Most),
            Timeout = s.Int("TimeoutErrorRetries", 0, Most),
            RateLimit = s.Int("RateLimitErrorRetries", 0, Most),
            ContentPolicy = s.Int("ContentPolicyViolationErrorRetries", 0, Most),
            InternalServer = s.Int("InternalServerErrorRetries", 0, Most),
        };
        s.Finish("no such class of failures: num_retries applies");
        return policy;
    }
}
