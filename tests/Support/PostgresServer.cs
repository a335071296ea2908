using System.Diagnostics;
using Npgsql;

namespace OrleansLlm.Support;

/// <summary>A real PostgreSQL, from the path, with a folder and a port of its own, which can be stopped and started again.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>It does not run as root; this is the user that its packages make.</summary>
    private static readonly bool IsRoot = Environment.UserName == "root";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-postgres-").FullName;
    private readonly int _port = Ports.Free();
    private Process? _process;

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Database=postgres;Username=ledger;Timeout=30;Maximum Pool Size=4";

    public string Url => $"postgresql://ledger@127.0.0.1:{_port}/postgres";

    private string Data => Path.Combine(_folder, "data");

    /// <returns>Null where there is no PostgreSQL on the path.</returns>
    public static async Task<PostgresServer?> StartNewAsync()
    {
        var server = new PostgresServer();
        try
        {
            if (IsRoot) await RunAsync("chown", $"postgres {server._folder}");
            await RunAsync("initdb", $"-D {server.Data} -U ledger -A trust -N", asServer: true);
            await server.StartAsync();
            return server;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or FileNotFoundException)
        {
            await server.DisposeAsync();
            return null;
        }
    }

    public async Task StartAsync()
    {
        _process = Launch("postgres", $"-D {Data} -p {_port} -k {_folder} -c listen_addresses=127.0.0.1", asServer: true);
        await Eventually.UntilAsync(AnswersAsync, "PostgreSQL answers", TimeSpan.FromMinutes(2));
    }

    /// <summary>At once, without a word to its clients.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        await RunAsync("kill", $"-QUIT {postmaster}");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <returns>The first column of the first row.</returns>
    public async Task<object?> AskAsync(string sql) => (await AskColumnAsync(sql)).FirstOrDefault();

    /// <returns>The first column of each row.</returns>
    public async Task<List<object>> AskColumnAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var column = new List<object>();
        while (await reader.ReadAsync()) column.Add(reader.GetValue(0));
        return column;
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
            return await AskAsync("SELECT 1") is 1;
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
        // runuser's word for a program that is not there.
        if (process.ExitCode == 127) throw new FileNotFoundException(program);
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
