using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>A real process, killed at any moment: what it was told is written, is written.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-crash-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task KilledProcess_LosesNoAcknowledgedWrite(int seed)
    {
        var random = new Random(seed);
        var path = Path.Combine(_folder, "state.db");
        var acknowledged = new Dictionary<string, long>();

        // The same file again and again: each start also recovers what the last kill left.
        for (var kill = 0; kill < 4; kill++)
        {
            await RunAndKillAsync(path, random.Next(1, 2_000), acknowledged);
            var stored = Stored(path);
            foreach (var (writer, count) in acknowledged)
            {
                // One more may have been committed just before its acknowledgement was printed.
                Assert.InRange(stored.GetValueOrDefault(writer), count, count + 1);
                acknowledged[writer] = stored[writer];
            }
        }

        using var host = await EngineFixture.StartAsync(silo => silo.AddSqliteGrainStorage("file", path));
        Assert.Equal(1, await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IFileStateGrain>("after").IncrementAsync(""));
        await host.StopAsync();
    }

    private static async Task RunAndKillAsync(string path, int lines, Dictionary<string, long> acknowledged)
    {
        var program = typeof(CrashTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "CrashWriter").Value!;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(program + ".dll");
        start.ArgumentList.Add(path);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var read = 0;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            // What is still in the pipe after the kill was acknowledged all the same. A torn last line was not printed whole.
            if (line.Split(' ') is [var writer, var count] && long.TryParse(count, CultureInfo.InvariantCulture, out var value))
                acknowledged[writer] = Math.Max(acknowledged.GetValueOrDefault(writer), value);
            if (++read == lines) process.Kill();
        }

        await process.WaitForExitAsync();
        Assert.True(read >= lines, $"The writer ended by itself: {await errors}");
    }

    private static Dictionary<string, long> Stored(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT grain, payload FROM state WHERE name='count'";
        using var rows = command.ExecuteReader();
        var stored = new Dictionary<string, long>();
        while (rows.Read())
        {
            using var payload = JsonDocument.Parse(rows.GetFieldValue<byte[]>(1));
            stored[rows.GetString(0)["counter/".Length..]] = payload.RootElement.GetProperty("Value").GetInt64();
        }

        return stored;
    }
}
