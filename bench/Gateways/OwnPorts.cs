namespace OrleansLlm.Bench.Gateways;

/// <summary>The environment of a gateway in this process, whatever else runs on the machine: its silo looks for free ports. The Embedded engine has none.</summary>
internal static class OwnPorts
{
    public static string? Variable(string name) => name is "SILO_PORT" or "GATEWAY_PORT" ? "0" : null;
}
