namespace OrleansLlm.Support;

/// <summary>The gateway that tests and long runs start: the library beside them, or the program that GATEWAY_PROGRAM names, such as a native one.</summary>
public static class GatewayBuild
{
    private static readonly string[] Command = Environment.GetEnvironmentVariable("GATEWAY_PROGRAM") is { Length: > 0 } program
        ? [program]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "OrleansLlm.Silo.dll")];

    public static string Program => Command[0];

    /// <summary>What is written behind the program.</summary>
    public static string Arguments(string arguments) => string.Join(' ', [.. Command[1..].Select(part => $"\"{part}\""), arguments]);
}
