using System.Reflection;

namespace OrleansLlm.Tests.Deploy;

/// <summary>The files of the checkout that these tests were built from.</summary>
internal static class Checkout
{
    private static readonly string Root = Path.GetFullPath(
        typeof(Checkout).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!);

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(PathOf(file));
}
