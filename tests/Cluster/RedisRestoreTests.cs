using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Cluster;

/// <summary>The commands of docs/operations.md that restore Redis from a copy, as they stand there. Skipped where there is no redis-server.</summary>
public sealed class RedisRestoreTests : IDisposable
{
    private const string FirstOfAll = "data=/data copy=/copy.rdb";
    private const string LastOfAll = "shutdown";
    private const string ItsPort = "6380";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-restore-").FullName;

    [Theory]
    [InlineData("")]
    [InlineData("what was there before")]
    public async Task TheRunbook_MakesOfACopyWhatRedisBeginsWith(string left)
    {
        var (data, copy) = (Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName, Path.Combine(_folder, "copy.rdb"));
        var redis = await RedisServer.StartAsync(data);
        Assert.SkipUnless(redis is not null, "no redis-server on this machine");
        await using (redis)
        {
            var ask = $"redis-cli -p {new Uri(redis.Url).Port}";
            await RunAsync($"for i in $(seq 1 50); do echo \"set key-$i value-$i\"; done | {ask} > /dev/null; {ask} --rdb {copy}");
            await redis.StopAsync();
            // What a start has made that did not read the copy is in the way as well.
            Directory.Delete(data, recursive: true);
            Directory.CreateDirectory(data);
            if (left.Length > 0)
            {
                await redis.StartAsync();
                await RunAsync($"{ask} set other '{left}'");
                await redis.StopAsync();
            }

            var told = await RunAsync(Commands(data, copy));
            Assert.Contains("\n50\n", $"\n{told}", StringComparison.Ordinal);
            Assert.Contains("aof_last_bgrewrite_status:ok", told, StringComparison.Ordinal);
            await redis.StartAsync();
            await Eventually.UntilAsync(async () => (await RunAsync($"{ask} dbsize")).Trim() == "50", "all that the copy has is back");
            Assert.Equal("value-7", (await RunAsync($"{ask} get key-7")).Trim());
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Commands(string data, string copy)
    {
        var root = typeof(RedisRestoreTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!;
        var lines = File.ReadAllLines(Path.Combine(root, "docs/operations.md")).Select(l => l.Trim()).SkipWhile(l => l != FirstOfAll).ToList();
        var commands = lines.Take(lines.FindIndex(l => l.EndsWith(LastOfAll, StringComparison.Ordinal)) + 1).ToList();
        Assert.True(commands.Count > 8, "the commands were found");
        commands[0] = $"data={data} copy={copy}";
        return string.Join('\n', commands).Replace(ItsPort, Ports.Free().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true })!;
        var told = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return told;
    }
}
