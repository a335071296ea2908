using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class QueueTests
{
    private const string Models = """
        model_list:
          - {model_name: a, litellm_params: {model: ollama_chat/m, api_base: "http://one:11434"}}
          - {model_name: b, litellm_params: {model: openai/m, api_base: "http://two/v1", api_key: k}}

        """;

    [Fact]
    public void WithoutSettings_OnlyOllamaIsAskedForTheModelItHas()
    {
        var (catalog, _) = ConfigLoader.Load(Models, _ => null);
        Assert.Equal(TimeSpan.FromSeconds(10), catalog.Backends.Values.Single(b => b.Url.Host == "one").ModelPatience);
        Assert.False(catalog.Backends.Values.Single(b => b.Url.Host == "two").LoadsModels);
        Assert.Equal(0, catalog.Settings.Queue.DefaultPriority);
        Assert.False(catalog.Settings.Queue.Comments);
    }

    [Fact]
    public void WhatABackendSays_WinsOverWhatIsSaidForAll()
    {
        var (catalog, report) = ConfigLoader.Load(Models + """
            router_settings: {default_priority: 3}
            gateway_settings:
              queue: {max_queue: 7, max_queue_per_user: 5, queue_timeout: 20, priority_ageing: 0, model_patience: 4, comments: true,
                users: {alice: {weight: 2}, anonymous: {priority: 9}, "key:ab": {weight: 0.5, priority: 1}}}
              backends: {"http://one:11434": {max_queue: 2, model_patience: 0}}
            """, _ => null);
        Assert.DoesNotContain(report.Findings, f => f.Kind is FindingKind.Error or FindingKind.Ignored);
        var (one, two) = (catalog.Backends.Values.Single(b => b.Url.Host == "one"), catalog.Backends.Values.Single(b => b.Url.Host == "two"));
        Assert.Equal((2, 5, 20.0, 0.0), (one.MaxQueue, one.MaxQueuePerUser, one.QueueTimeout.TotalSeconds, one.ModelPatience.TotalSeconds));
        Assert.Equal((7, 5, 4.0), (two.MaxQueue, two.MaxQueuePerUser, two.ModelPatience.TotalSeconds));
        Assert.Equal(TimeSpan.Zero, one.PriorityAgeing);
        var queue = catalog.Settings.Queue;
        Assert.Equal((3, true), (queue.DefaultPriority, queue.Comments));
        Assert.Equal([("anonymous", 1.0, 9), ("key:ab", 0.5, 1), ("user:alice", 2.0, null)],
            queue.Users.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => (u.Key, u.Value.Weight, u.Value.Priority)));
    }

    [Theory]
    [InlineData("{users: {alice: 2}}", "gateway_settings.queue.users.alice")]
    [InlineData("{users: {alice: {weight: 0}}}", "gateway_settings.queue.users.alice.weight")]
    [InlineData("{users: {alice: {priority: 256}}}", "gateway_settings.queue.users.alice.priority")]
    [InlineData("{max_queue: -1}", "gateway_settings.queue.max_queue")]
    public void AMistake_IsAnErrorAtItsKey(string queue, string path)
    {
        var (_, report) = ConfigLoader.Load($"{Models}gateway_settings: {{queue: {queue}}}\n", _ => null);
        Assert.Equal(path, Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }
}
