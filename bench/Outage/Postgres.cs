using System.Diagnostics;
using Npgsql;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Outage;

/// <summary>A PostgreSQL of its own, from the path, which can be stopped and started again.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    /// <summary>It does not run as root; this is the user that its packages make.</summary>
    private static readonly bool IsRoot = Environment.UserName == "root";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-postgres-").FullName;
    private readonly int _port = Ports.Free();
    private Process? _server;

    public string Url => $"postgresql://ledger@127.0.0.1:{_port}/postgres";

    private string Data => Path.Combine(_folder, "data");

    private string ConnectionString => $"Host=127.0.0.1;Port={_port};Database=postgres;Username=ledger;Timeout=2;Pooling=false";

    public static async Task<Postgres> StartNewAsync()
    {
        var postgres = new Postgres();
        if (IsRoot) await RunAsync("chown", $"postgres {postgres._folder}");
        await RunAsync("initdb", $"-D {postgres.Data} -U ledger -A trust -N", asServer: true);
        await postgres.StartAsync();
        return postgres;
    }

    public async Task StartAsync()
    {
        _server = Launch("postgres", $"-D {Data} -p {_port} -k {_folder} -c listen_addresses=127.0.0.1", asServer: true);
        while (!await AnswersAsync()) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }

    /// <summary>At once, without a word to its clients.</summary>
    public async Task StopAsync()
    {
        if (_server is null) return;
        await RunAsync("kill", $"-QUIT {(await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0]}");
        await _server.WaitForExitAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>The first column of each row.</summary>
    public async Task<List<string>> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetValue(0).ToString()!);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return await AskAsync("SELECT 1") is ["1"];
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task RunAsync(string program, string arguments, bool asServer = false)
    {
        using var process = Launch(program, arguments, asServer);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }

    private static Process Launch(string program, string arguments, bool asServer)
    {
        var (file, line) = asServer && IsRoot ? ("runuser", $"-u postgres -- {program} {arguments}") : (program, arguments);
        var process = Process.Start(new ProcessStartInfo(file, line) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
