using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Bench.Gateways;

/// <summary>Publishes the gateway of this checkout, with ReadyToRun or as a native program, into a folder of temporary files; again only what has changed since.</summary>
internal static class Published
{
    public static async Task<GatewayProgram> MakeAsync(string engine, bool native, TextWriter progress)
    {
        var root = Root();
        var folder = Path.Combine(Path.GetTempPath(), "orleansllm-bench-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..8], engine);
        var to = Path.Combine(folder, native ? "native" : "gateway");
        progress.WriteLine($"Publishing the gateway ({engine}, Release, {(native ? "native" : "ReadyToRun")})...");
        var system = OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsWindows() ? "win" : "linux";
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "publish", Path.Combine(root, "Silo"), "-c", "Release", "-r", $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}",
                .. native ? (string[])["-p:Native=true"] : ["--self-contained", "false", "-p:PublishReadyToRun=true"], $"-p:Engine={engine}", $"-p:ArtifactsPath={folder}/artifacts{(native ? "-native" : "")}", "-o", to, "-v", "quiet", "--nologo",
            ]) { RedirectStandardOutput = true };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? GatewayProgram.At(to) : throw new InvalidOperationException($"The gateway could not be published; --gateway names a build:\n{output}");
    }

    /// <summary>The folder of the solution above this program.</summary>
    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansLlm.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("This is no checkout that could be published; --gateway names a build of the gateway.");
    }
}
