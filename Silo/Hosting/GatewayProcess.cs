using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using OrleansLlm.Api.Live;
using OrleansLlm.Grains;
using OrleansLlm.Silo.CommandLine;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Discovery;

namespace OrleansLlm.Silo.Hosting;

/// <summary>One run of the gateway, from the configuration to the last answer. Returns the exit code.</summary>
internal static class GatewayProcess
{
    public static async Task<int> RunAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        PrivateFiles.Only();
        WholeLines.Begin();
        await using var simulated = new SimulatedBackends();
        if (await ConfigureAsync(options, simulated, cancellationToken) is not { } configured) return 1;
        if ((CheckPort(options.WrongPort) ?? CheckHost(options.Host) ?? CheckData(options.DataFolder) ?? Engine.Refuse(options)) is { } refusal) return Fail(refusal);
        var stopped = false;
        try
        {
            var app = GatewayHost.Build(options, configured.Live, s => s.AddSingleton(new SimulatedAddresses([.. simulated.Addresses])));
            var leftovers = app.Services.GetRequiredService<StopLeftovers>();
            try
            {
                using var hangUp = HangUp.Follow(app.Lifetime);
                await StartAsync(app, cancellationToken);
                using var memory = new RestingMemory(TimeProvider.System);
                Tell(app, options, configured, simulated, TimeProvider.System.GetElapsedTime(started));
                await app.WaitForShutdownAsync(cancellationToken);
                stopped = true;
            }
            finally
            {
                // The log writes down what it has; the rest would wait for an engine that does not end.
                if (leftovers.Engine) app.Services.GetRequiredService<ILoggerFactory>().Dispose();
                else await app.DisposeAsync();
            }

            return leftovers.Engine ? StopLeftovers.ExitCode : 0;
        }
        catch (Exception e) when (stopped && e is not OutOfMemoryException)
        {
            // Everything has ended as it should: that something could not be tidied up, on a full disk for instance, makes it no failure.
            await Console.Error.WriteLineAsync($"Stopped, but not all of it could be tidied up: {e.Message}");
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            return Fail($"Port {options.Port} is in use. Choose another with --port, or stop what listens there.");
        }
        catch (Exception e) when (Engine.WhyNotStarted(e) is { } why)
        {
            return Fail(why);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or InvalidOperationException or OrleansException)
        {
            return Fail(e.Message);
        }
    }

    /// <summary>What has started before something else failed is stopped in order: a silo leaves the cluster, and nobody has to find it dead.</summary>
    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody was served yet: there is nothing to wait for.
            app.Services.GetRequiredService<ProcessDrain>().CutShort();
            using var over = new CancellationTokenSource(OrderlyStop.Reserve, TimeProvider.System);
            await app.StopAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static void Tell(WebApplication app, GatewayOptions options, Configured configured, SimulatedBackends simulated, TimeSpan took)
    {
        var settings = configured.Live.Current.Settings;
        if (settings.JsonLogs) StartLog.Write(app, options, configured, took);
        else StartScreen.Print(Console.Out, app, options, configured, simulated, took);
        SplitLedger.Warn(app.Services.GetRequiredService<ILoggerFactory>(), settings, options.Role);
    }

    private static async Task<Configured?> ConfigureAsync(GatewayOptions options, SimulatedBackends simulated, CancellationToken cancellationToken)
    {
        if (options.ConfigPath is not { } path)
        {
            var (text, source) = await Found.ConfigurationAsync(options.Variable, simulated, Console.Out, cancellationToken);
            return new Configured(new LiveCatalog(text, options.Variable), source);
        }

        if (new ConfigFiles(path).TryRead(out var yaml) is { } problem)
        {
            Fail($"{path}: {problem}");
            return null;
        }

        var live = new LiveCatalog(yaml, options.Variable);
        if (!live.StartReport.HasErrors) return new Configured(live, path);
        ReportPrinter.Print(live.StartReport, Console.Error, f => f.Kind == FindingKind.Error);
        Fail($"{path}: the configuration has errors; `validate {path}` tells more.");
        return null;
    }

    private static string? CheckPort(string? wrong) => wrong is null ? null : $"PORT in the environment: expected a number from 0 to 65535, found '{wrong}'.";

    private static string? CheckHost(string host) =>
        GatewayOptions.IsHost(host) ? null : $"--host: expected localhost or an IP address, found '{host}'.";

    private static string? CheckData(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"--data (else DATA_DIR): '{folder}' cannot be the folder for state: {(File.Exists(folder) ? "it is a file." : e.Message)}";
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}

/// <param name="Source">The file, or in words where the models come from.</param>
internal sealed record Configured(LiveCatalog Live, string Source);
