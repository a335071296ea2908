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
        return new GatewayOptions
        {
            ConfigPath = path,
            Port = port ?? (int.TryParse(variable("PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var p) && p <= 65535 ? p : DefaultPort),
            Host = host ?? "localhost",
            DataFolder = data ?? "data",
            Role = role,
            Variable = variable,
        };
    }
}
