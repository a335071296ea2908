using System.Net.Http.Json;

namespace OrleansLlm.Tests.Processes;

/// <summary>What the gateway writes is for its own user alone, whatever the mask of the shell that started it.</summary>
public sealed class FileModeTests : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Fact]
    public async Task WhatIsWritten_IsForNobodyElse()
    {
        await using (var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0", ("LITELLM_MASTER_KEY", "sk-1234")))
        {
            await gateway.ReadyAsync();
            using var http = new HttpClient { BaseAddress = gateway.Address };
            // A refused login, a change and a request: a line or a row of each.
            await http.GetAsync("/v1/models");
            http.DefaultRequestHeaders.Add("Authorization", "Bearer sk-1234");
            await http.PostAsJsonAsync("/key/generate", new { });
            await http.PostAsJsonAsync("/v1/chat/completions", new { model = "phi3:mini", messages = new[] { new { role = "user", content = "Hello" } } });
            Assert.Equal(0, await gateway.TerminateAsync());
        }

        var written = Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).ToList();
        Assert.Contains(written, w => w.EndsWith("ledger.db", StringComparison.Ordinal));
        Assert.Contains(written, w => w.EndsWith("audit.log", StringComparison.Ordinal));
        foreach (var path in written) Assert.Equal((path, UnixFileMode.None), (path, ModeOf(path) & Others));
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
