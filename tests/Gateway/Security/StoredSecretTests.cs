using System.Text;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Security;

/// <summary>A backend's key that an administrator has given is of use to whoever has the gateway's own keys, and to nobody who has its disk.</summary>
public class StoredSecretTests
{
    private const string Secret = "sk-upstream-0123456789";

    [Fact]
    public async Task AModelsKey_IsInNoFile_AndServesAfterARestart()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-sealed-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder)) await AddAsync(gateway, ollama);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            Assert.False((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0, file);
        }

        await using (var again = await KeyGateway.StartAsync(ollama, folder: folder)) Assert.Equal(200, await again.ChatStatusAsync(KeyGateway.Master, "added"));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task WithAnotherMasterKey_TheModelIsLeftOut_AndCanBeForgotten()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-sealed-").FullName;
        await using var ollama = await Setup.OllamaAsync();
        string id;
        await using (var gateway = await KeyGateway.StartAsync(ollama, folder: folder)) id = await AddAsync(gateway, ollama);
        var logs = new CapturedLogs();
        await using (var other = new KeyGateway(await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "general_settings: {master_key: sk-another-key-5678}\n"), folder: folder, logs: logs)))
        {
            Assert.Contains("LITELLM_SALT_KEY", logs.All, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, logs.All, StringComparison.Ordinal);
            Assert.Equal(404, await other.ChatStatusAsync("sk-another-key-5678", "added"));
            Assert.Equal(200, await other.ChatStatusAsync("sk-another-key-5678"));
            Assert.Equal(200, (int)(await other.PostAsync("/model/delete", new { id }, "sk-another-key-5678")).StatusCode);
        }

        await using (var again = await KeyGateway.StartAsync(ollama, folder: folder)) Assert.Equal(404, await again.ChatStatusAsync(KeyGateway.Master, "added"));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> AddAsync(KeyGateway gateway, Simulator.SimulatedOllama ollama)
    {
        var answer = await gateway.AskAsync("/model/new", new
        {
            model_name = "added",
            litellm_params = new { model = "openai/m", api_base = new Uri(ollama.BaseAddress, "v1").AbsoluteUri, api_key = Secret, aws_secret_access_key = Secret },
        });
        Assert.DoesNotContain(Secret, answer.GetRawText() + (await gateway.AskAsync("/model/info")).GetRawText(), StringComparison.Ordinal);
        return answer.GetProperty("model_id").GetString()!;
    }
}
