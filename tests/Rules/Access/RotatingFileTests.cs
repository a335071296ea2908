using System.Text;
using OrleansLlm.Api.Audit;

namespace OrleansLlm.Tests.Rules.Access;

/// <summary>The files of the audit log: bounded, whole lines only, nothing lost before its time.</summary>
public class RotatingFileTests
{
    [Fact]
    public void Append_KeepsTheNewestLines_InSoManyFiles_AlsoAfterARestart()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-rotate-").FullName;
        var path = Path.Combine(folder, "audit.log");
        Write(Enumerable.Range(0, 17), files: 3);
        // Two lines of ten bytes fit one file.
        Assert.Equal([("audit.log", "16"), ("audit.log.1", "14 15"), ("audit.log.2", "12 13")], Read());
        Write([17], files: 3);
        Assert.Equal([("audit.log", "16 17"), ("audit.log.1", "14 15"), ("audit.log.2", "12 13")], Read());
        Write([18], files: 1);
        Assert.Equal([("audit.log", "18")], Read());
        Directory.Delete(folder, recursive: true);

        void Write(IEnumerable<int> lines, int files)
        {
            using var file = new RotatingFile(path);
            foreach (var line in lines) file.Append(Encoding.UTF8.GetBytes($"line {line,4}\n"), maxBytes: 25, files);
        }

        IEnumerable<(string, string)> Read() => Directory.GetFiles(folder).Order(StringComparer.Ordinal)
            .Select(f => (Path.GetFileName(f), string.Join(' ', File.ReadAllLines(f).Select(l => l[5..].Trim()))));
    }

    /// <summary>A folder of the name stands for a file that somebody holds, which Windows does not move.</summary>
    [Theory]
    [InlineData("audit.log.full", "audit.log 14 15 16 17 18 19;audit.log.1 12 13;audit.log.2 10 11", "audit.log 20;audit.log.1 14 15 16 17 18 19;audit.log.2 12 13")]
    [InlineData("audit.log.1", "audit.log 16 17 18 19;audit.log.2 10 11;audit.log.full 14 15", "audit.log 16 17 18 19 20;audit.log.1 14 15;audit.log.2 10 11")]
    public void AFileThatCannotBeMoved_CostsNoLine_AndNoneOfThePast(string held, string meanwhile, string afterwards)
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-rotate-").FullName;
        using var file = new RotatingFile(Path.Combine(folder, "audit.log"));
        Write(10, 16);
        if (held == "audit.log.1") File.Delete(Path.Combine(folder, held));
        Directory.CreateDirectory(Path.Combine(folder, held));
        Write(16, 20);
        Assert.Equal(meanwhile, Read());
        Assert.NotNull(file.NotRotated);
        // It does not grow for ever.
        if (meanwhile.StartsWith("audit.log 14", StringComparison.Ordinal)) Assert.Throws<IOException>(() => Write(20, 21));
        Directory.Delete(Path.Combine(folder, held));
        Write(20, 21);
        Assert.Equal(afterwards, Read());
        Assert.Null(file.NotRotated);
        file.Dispose();
        Directory.Delete(folder, recursive: true);

        void Write(int from, int to)
        {
            for (var line = from; line < to; line++) file.Append(Encoding.UTF8.GetBytes($"line {line,4}\n"), maxBytes: 25, files: 3);
        }

        string Read() => string.Join(';', Directory.GetFiles(folder).Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetFileName(f)} {string.Join(' ', File.ReadAllLines(f).Select(l => l[5..].Trim()))}"));
    }

    /// <summary>A device that is full stands for a disk that is.</summary>
    [Fact]
    public void AFullDisk_FailsTheLineAndNothingAfterIt()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no device is full here");
        var folder = Directory.CreateTempSubdirectory("orleansllm-rotate-").FullName;
        var path = Path.Combine(folder, "audit.log");
        File.CreateSymbolicLink(path, "/dev/full");
        var file = new RotatingFile(path);
        for (var i = 0; i < 3; i++) Assert.Throws<IOException>(() => file.Append("lost\n"u8, maxBytes: 25, files: 3));

        // There is room again.
        File.Delete(path);
        for (var i = 0; i < 6; i++) file.Append("kept\n"u8, maxBytes: 25, files: 3);

        Assert.Equal((1, 5), (File.ReadAllLines(path).Length, File.ReadAllLines(path + ".1").Length));
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/full");
        var ending = new RotatingFile(path);
        Assert.Throws<IOException>(() => ending.Append("lost\n"u8, maxBytes: 25, files: 3));
        ending.Dispose();
        file.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
