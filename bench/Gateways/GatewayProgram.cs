using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace OrleansLlm.Bench.Gateways;

/// <summary>The build of the gateway that is measured.</summary>
/// <param name="Command">Program and first arguments.</param>
/// <param name="IsDebug">Not to be measured.</param>
/// <param name="IsReadyToRun">Compiled to machine code when it was published.</param>
/// <param name="IsNative">One native program, without a runtime beside it.</param>
internal sealed record GatewayProgram(string[] Command, bool IsDebug, bool IsReadyToRun, bool IsNative = false)
{
    private const string Library = "OrleansLlm.Silo.dll";
    private const string Native = "OrleansLlm.Silo";

    /// <param name="path">The folder of a build, its library or its program.</param>
    /// <exception cref="FileNotFoundException">There is no gateway.</exception>
    public static GatewayProgram At(string path)
    {
        if (!Directory.Exists(path) && !File.Exists(path)) throw new FileNotFoundException($"--gateway: there is no {path}.");
        var folder = Path.GetFullPath(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!);
        var library = Path.Combine(folder, Library);
        if (!File.Exists(library) && File.Exists(Path.Combine(folder, Native))) return new GatewayProgram([Path.Combine(folder, Native)], false, false, IsNative: true);
        if (!File.Exists(library)) throw new FileNotFoundException($"There is no {Library} in {folder}.");
        using var file = new PEReader(File.OpenRead(library));
        var native = file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        return new GatewayProgram(["dotnet", library], Configuration(file.GetMetadataReader()) == "Debug", native);
    }

    /// <summary>What the compiler wrote into AssemblyConfiguration.</summary>
    private static string? Configuration(MetadataReader metadata)
    {
        foreach (var attribute in metadata.GetAssemblyDefinition().GetCustomAttributes().Select(metadata.GetCustomAttribute))
        {
            if (attribute.Constructor.Kind != HandleKind.MemberReference) continue;
            var type = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
            if (type.Kind != HandleKind.TypeReference || metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name) != "AssemblyConfigurationAttribute") continue;
            var value = metadata.GetBlobReader(attribute.Value);
            value.ReadUInt16();
            return value.ReadSerializedString();
        }

        return null;
    }
}
