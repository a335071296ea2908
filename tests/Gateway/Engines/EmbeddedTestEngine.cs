using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What the tests need to know of the engine under them. One of two files; see Gateway.csproj.</summary>
internal static class TestEngine
{
    public static bool TakesInjectedTime => true;

    /// <summary>It has no ports but the one that it serves at.</summary>
    public static Func<string, string?> VariablesOfAGateway() => _ => null;

    /// <summary>State is kept in a file of the folder already.</summary>
    public static void KeepStateOf(string folder, IServiceCollection services) => _ = (folder, services);
}
