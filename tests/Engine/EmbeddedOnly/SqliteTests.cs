using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Embedded;
using Orleans.Storage;

namespace OrleansLlm.Engine.EmbeddedOnly;

public sealed class SqliteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-sqlite-").FullName;

    private string FilePath => Path.Combine(_folder, "state.db");

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task State_IsThereAfterARestart()
    {
        using (var host = await StartAsync())
        {
            var grain = Grain(host, "a");
            for (var i = 0; i < 5; i++) await grain.IncrementAsync($"n{i}");
            await Grain(host, "cleared").IncrementAsync("x");
            await Grain(host, "cleared").ClearAsync();
            await host.StopAsync();
        }

        using (var host = await StartAsync())
        {
            var (count, names, etag, exists) = await Grain(host, "a").ReadAsync();
            Assert.Equal(5, count);
            Assert.Equal(["n0", "n1", "n2", "n3", "n4"], names);
            Assert.NotNull(etag);
            Assert.True(exists);
            Assert.False((await Grain(host, "cleared").ReadAsync()).Exists);
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task FirstWrite_DoesNotOverwriteARecordItHasNotSeen_AndTheActivationReadsAgain()
    {
        using var host = await StartAsync();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITwoFileViewsGrain>("x");
        await grain.WriteSecondAsync(7);
        var exception = await Assert.ThrowsAsync<InconsistentStateException>(() => grain.WriteFirstAsync(1));
        Assert.NotNull(exception.StoredEtag);
        Assert.Null(exception.CurrentEtag);
        Assert.Equal((7, 7), await grain.ReadAsync());
        await grain.WriteFirstAsync(8);
        await host.StopAsync();
    }

    [Fact]
    public async Task EtagOfARemovedRecord_IsNotGivenAgain()
    {
        using var host = await StartAsync();
        var grain = Grain(host, "a");
        await grain.IncrementAsync("x");
        var before = (await grain.ReadAsync()).Etag;
        await grain.ClearAsync();
        await grain.IncrementAsync("y");
        Assert.NotEqual(before, (await grain.ReadAsync()).Etag);
        await host.StopAsync();
    }

    [Fact]
    public async Task ManyWriters_AreAllStored()
    {
        using (var host = await StartAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 64).Select(k => Task.Run(async () =>
            {
                for (var i = 0; i < 25; i++) await Grain(host, $"g{k}").IncrementAsync("");
            })));
            await host.StopAsync();
        }

        using (var host = await StartAsync())
        {
            for (var k = 0; k < 64; k++) Assert.Equal(25, (await Grain(host, $"g{k}").ReadAsync()).Count);
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task LogOfADeletedFile_IsNotPlayedIntoTheNewOne()
    {
        var log = FilePath + "-wal";
        using (var host = await StartAsync())
        {
            for (var i = 0; i < 5; i++) await Grain(host, "a").IncrementAsync($"n{i}");
            // As a process leaves it that is killed.
            File.Copy(log, log + ".kept");
            await host.StopAsync();
        }

        File.Delete(FilePath);
        File.Move(log + ".kept", log, overwrite: true);
        using (var host = await StartAsync())
        {
            Assert.False((await Grain(host, "a").ReadAsync()).Exists);
            Assert.Equal(1, await Grain(host, "a").IncrementAsync("x"));
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task MissingDirectory_FailsTheStart_AndNamesTheFile()
    {
        var path = Path.Combine(_folder, "nowhere", "state.db");
        Assert.Contains($"'{path}'", (await FailsToStartAsync(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CorruptFile_FailsTheStart_AndNamesTheFile()
    {
        await File.WriteAllBytesAsync(FilePath, [.. Enumerable.Range(0, 8192).Select(i => (byte)(i * 31))]);
        var exception = await FailsToStartAsync(FilePath);
        Assert.Contains($"'{FilePath}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("corrupt", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamagedPages_FailTheStart()
    {
        using (var host = await StartAsync())
        {
            for (var i = 0; i < 200; i++) await Grain(host, $"g{i}").IncrementAsync(new string('x', 200));
            await host.StopAsync();
        }

        await using (var file = File.OpenWrite(FilePath))
        {
            file.Position = 8192;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, 8192).ToArray());
        }

        Assert.Contains("corrupt", (await FailsToStartAsync(FilePath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileInUse_FailsTheStartOfTheSecond_AndLeavesTheFirstAlone()
    {
        using var host = await StartAsync();
        var exception = await FailsToStartAsync(FilePath);
        Assert.Contains($"'{FilePath}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("locked", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Grain(host, "a").IncrementAsync(""));
        await host.StopAsync();
    }

    [Fact]
    public async Task FileOfAnotherProgram_FailsTheStart_AndIsNotTouched()
    {
        Run("CREATE TABLE theirs (x)");
        Assert.Contains("another program", (await FailsToStartAsync(FilePath)).Message, StringComparison.Ordinal);
        Assert.Equal(1L, Run("SELECT count(*) FROM sqlite_master"));
    }

    [Fact]
    public async Task NewerSchema_FailsTheStart()
    {
        using (var host = await StartAsync()) await host.StopAsync();
        Run("PRAGMA user_version=2");
        Assert.Contains("schema version 2", (await FailsToStartAsync(FilePath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadOnlyDirectory_FailsTheStart_AndNamesTheFile()
    {
        if (OperatingSystem.IsWindows()) return;
        if (Environment.UserName == "root") Assert.Skip("Root may write everywhere.");
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains($"'{FilePath}'", (await FailsToStartAsync(FilePath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWriteThatFails_IsTold_AndLaterOnesAreStored()
    {
        using (var host = await StartAsync())
        {
            await Grain(host, "a").IncrementAsync("before");
            // The transaction goes with the statement. What a disk that is really full leaves behind is tests/Endurance's to find.
            Run("CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END");
            for (var i = 0; i < 3; i++)
            {
                var told = await Assert.ThrowsAsync<OrleansException>(() => Grain(host, $"b{i}").IncrementAsync("in vain"));
                Assert.Contains("disk is full", told.Message, StringComparison.Ordinal);
            }

            Run("DROP TRIGGER full");
            await Grain(host, "c").IncrementAsync("after");
            await host.StopAsync();
        }

        using (var host = await StartAsync())
        {
            Assert.Equal(1, (await Grain(host, "a").ReadAsync()).Count);
            Assert.Equal(["after"], (await Grain(host, "c").ReadAsync()).Names);
            Assert.False((await Grain(host, "b0").ReadAsync()).Exists);
            await host.StopAsync();
        }
    }

    private static IFileStateGrain Grain(IHost host, string key) => host.Services.GetRequiredService<IGrainFactory>().GetGrain<IFileStateGrain>(key);

    private static async Task<OrleansException> FailsToStartAsync(string path) =>
        await Assert.ThrowsAsync<OrleansException>(() => EngineFixture.StartAsync(silo => silo.AddSqliteGrainStorage("file", path)));

    private Task<IHost> StartAsync() => EngineFixture.StartAsync(silo => silo.AddSqliteGrainStorage("file", FilePath));

    private object? Run(string sql)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
