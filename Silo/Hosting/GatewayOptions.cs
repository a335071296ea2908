using System.Globalization;
using System.Net;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Hosting;

/// <summary>What the command line and the environment say about this process.</summary>
internal sealed record GatewayOptions
{
    public const int DefaultPort = 4000;

    private const string Loopback = "localhost";
    private const string EveryInterface = "*";

    /// <summary>Null: none was named and none was found.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>0: any free port.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>What <c>PORT</c> says in the environment where that is no port and nothing else was said; null: nothing is wrong.</summary>
    public string? WrongPort { get; init; }

    /// <summary>Loopback unless told otherwise, but in a container: what is open of one is what somebody publishes.</summary>
    public string Host { get; init; } = Loopback;

    /// <summary>Folder of the state file.</summary>
    public string DataFolder { get; init; } = "data";

    public NodeRole Role { get; init; } = NodeRole.All;

    /// <summary>Options of LiteLLM's command line that were given, with the reason why each has no effect here.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

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
            Host = host ?? HostOf(variable),
            DataFolder = data ?? (variable("DATA_DIR") is { Length: > 0 } folder ? folder : "data"),
            Role = role,
            Variable = variable,
        };
    }

    /// <summary>An address that can be listened on, or a word for one.</summary>
    public static bool IsHost(string text) => text is Loopback or EveryInterface or "+" || IPAddress.TryParse(text, out _);

    /// <summary>
    /// <c>HOST</c>, which LiteLLM reads as well, where it is an address: some shells keep the machine's name in it. In a container, which has no other network
    /// than its own, the loopback would be reached by nobody: its ports are published on purpose, so that it listens on all interfaces.
    /// </summary>
    private static string HostOf(Func<string, string?> variable)
    {
        if (variable("HOST")?.Trim() is { } said && IsHost(said)) return said;
        return variable("DOTNET_RUNNING_IN_CONTAINER") is "true" or "1" ? EveryInterface : Loopback;
    }

    /// <returns>Null: it is no TCP port.</returns>
    public static int? PortOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : null;
}
