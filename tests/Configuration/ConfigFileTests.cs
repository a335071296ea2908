using System.IO.Pipes;
using System.Text;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public sealed class ConfigFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void AByteThatIsNoCharacter_IsRefusedWithItsLine()
    {
        // As an editor writes "Modèle" in Latin-1.
        File.WriteAllBytes(_path, [.. "model_list:\n  - model_name: Mod"u8, 0xE8, .. "le\n"u8]);
        Assert.Equal("is not UTF-8 text: line 2 has a byte that belongs to no character", ConfigFile.TryRead(_path, out var text));
        Assert.Equal("", text);
    }

    [Fact]
    public void TheLineOfTheFault_IsFoundInWhatWasRead_WhichASecondLookMayNotFind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a pipe that has a path");
        using var written = new AnonymousPipeServerStream(PipeDirection.Out);
        written.Write([.. "model_list:\n  - model_name: Mod"u8, 0xE8, .. "le\n"u8]);
        using var read = new AnonymousPipeClientStream(PipeDirection.In, written.ClientSafePipeHandle);
        written.Dispose();
        var problem = ConfigFile.TryRead($"/proc/self/fd/{read.SafePipeHandle.DangerousGetHandle()}", out _);
        Assert.Equal("is not UTF-8 text: line 2 has a byte that belongs to no character", problem);
    }

    [Fact]
    public void TheMarksOfEditors_AreNoPartOfTheText()
    {
        foreach (var encoding in (Encoding[])[new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            File.WriteAllText(_path, "model_name: Modèle", encoding);
            Assert.Null(ConfigFile.TryRead(_path, out var text));
            Assert.Equal("model_name: Modèle", text);
        }
    }

    public void Dispose() => File.Delete(_path);
}
