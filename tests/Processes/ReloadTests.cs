using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>What an operator sees who edits the file of a gateway that runs.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Fact]
    public async Task TheLogSays_WhatBecameOfAChangedFile()
    {
        await using var ollama = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m"] });
        Write("a", ollama);
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0 --config gateway.yaml");
        await gateway.ReadyAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        Write("b", ollama, "gateway_settings: {drain_timeout: 7}\n");
        await SaysAsync(gateway, "gateway.yaml has changed and is in force: 1 models, 1 deployments, 1 backends");
        await SaysAsync(gateway, "gateway_settings.drain_timeout has changed, which needs a restart");
        Write("c", ollama, "router_settings: {num_retries: many}\n");
        await SaysAsync(gateway, "gateway.yaml has changed and has 1 errors: refused, what was in force stays");
        await SaysAsync(gateway, "gateway.yaml line 3: router_settings.num_retries: expected a whole number");
        Assert.Contains("\"b\"", await http.GetStringAsync("/v1/models"), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "gateway.yaml"));
        await SaysAsync(gateway, "gateway.yaml cannot be read: no such file; what was in force stays");
        Assert.Contains("\"b\"", await http.GetStringAsync("/v1/models"), StringComparison.Ordinal);
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task SaysAsync(GatewayProcessUnderTest gateway, string line) =>
        Eventually.UntilAsync(() => gateway.Output.Contains(line, StringComparison.Ordinal), $"a line: {line}");

    private void Write(string model, SimulatedOllama ollama, string rest = "") => File.WriteAllText(
        Path.Combine(_folder, "gateway.yaml"),
        $"model_list:\n  - {{model_name: {model}, litellm_params: {{model: ollama/m, api_base: \"{ollama.BaseAddress}\"}}}}\n{rest}");
}
