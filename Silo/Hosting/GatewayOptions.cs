using System.Globalization;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Hosting;

/// <summary>What the command line and the environment say about this process.</summary>
internal sealed record GatewayOptions
{
    public const int DefaultPort = 4000;

    /// <summary>Null: none was named and none was found.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>0: any free port.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>What <c>PORT</c> says in the environment where that is no port and nothing else was said; null: nothing is wrong.</summary>
    public string? WrongPort { get; init; }

    /// <summary>Loopback unless told otherwise.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>Folder of the state file.</summary>
    public string DataFolder { get; init; } = "data";

    public NodeRole Role { get; init; } = NodeRole.All;

    /// <summary>Environment variables, <c>.env</c> files beneath them.</summary>
    public required Func<string, string?> Variable { get; init; }

    public string StatePath => Path.Combine(DataFolder, "orleansllm.db");

    /// <summary>What people call this process: several may run on one machine.</summary>
    public string NodeName => string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{(Port == 0 ? Environment.ProcessId : Port)}");

    public static GatewayOptions From(string? config, int? port, string? host, string? data, NodeRole role, Func<string, string?> environment)
    {
        // .env of the working folder may name the configuration file; the one beside that file is read as well.
        var here = Variables.Beside(null, environment);
        var path = ConfigFile.Locate(config, here, File.Exists);
        var variable = Variables.Beside(path, environment);
        var said = string.IsNullOrWhiteSpace(variable("PORT")) ? null : variable("PORT");
        return new GatewayOptions
        {
            ConfigPath = path,
            Port = port ?? PortOf(said) ?? DefaultPort,
            WrongPort = port is null && PortOf(said) is null ? said : null,
            Host = host ?? "localhost",
            DataFolder = data ?? "data",
            Role = role,
            Variable = variable,
        };
    }

    /// <returns>Null: it is no TCP port.</returns>
    public static int? PortOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : null;
}
