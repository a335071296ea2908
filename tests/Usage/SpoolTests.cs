using System.Diagnostics;
using System.Globalization;
using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Tests.Usage;

/// <summary>What waits on the disk for the database.</summary>
public sealed class SpoolTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Rows_ComeBackInTheirOrder_UntilTheyAreForgotten()
    {
        using var spool = Open();
        Assert.Equal(5, spool.Append(Rows.Of(1, 5)));
        Assert.Equal(["req-1", "req-2"], Ids(spool.Read(2)));
        Assert.Equal(["req-1", "req-2"], Ids(spool.Read(2)));
        spool.Forget(spool.Read(2)!);
        Assert.Equal(Rows.Row(3), spool.Read(2)!.Rows[0]);
        spool.Forget(spool.Read(9)!);
        Assert.Null(spool.Read(9));
        Assert.True(spool.IsEmpty);
    }

    [Fact]
    public void WhatIsForgotten_IsNotFoundByTheNextProcess_HoweverThisOneEnds()
    {
        var spool = Open();
        spool.Append(Rows.Of(1, 5));
        spool.Forget(spool.Read(5)!);
        spool.Append(Rows.Of(6, 2));
        // Killed here: nothing is disposed of.
        using var next = Open();
        var left = next.Read(9)!;
        Assert.Equal(["req-6", "req-7"], Ids(left));
        Assert.Equal(0, left.Damaged);
        next.Forget(left);
        next.Append(Rows.Of(8, 1));
        Assert.Equal(["req-8"], Ids(next.Read(9)));
    }

    [Fact]
    public void AnOrderlyEnd_LeavesNothingBehind_WhenNothingWaits()
    {
        using (var spool = Open())
        {
            spool.Append(Rows.Of(1, 5));
            spool.Forget(spool.Read(5)!);
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    /// <summary>What waits is in one file again and again, and that has its room from the beginning.</summary>
    [Fact]
    public void TheRoomOfAFile_IsReservedBeforeItsFirstRow_AndUsedAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What is allocated is asked of Linux's stat.");
        using var spool = Open();
        spool.Reserve();
        var file = Assert.Single(Directory.GetFiles(_folder.Path));
        for (var round = 0; round < 10; round++)
        {
            Assert.True(Allocated(file) >= Spool.SegmentBytes, $"{Allocated(file)} bytes in round {round}");
            spool.Append(Rows.Of((round * 10) + 1, 10));
            spool.Forget(spool.Read(10)!);
        }

        Assert.Equal([file], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void AnotherProcess_FindsWhatWasNotForgotten_AndAddsBehindIt()
    {
        using (var spool = Open())
        {
            spool.Append(Rows.Of(1, 3));
        }

        using var next = Open();
        next.Append(Rows.Of(4, 1));
        Assert.Equal(Rows.Of(1, 3), next.Read(3)!.Rows);
        next.Forget(next.Read(3)!);
        Assert.Equal(["req-4"], Ids(next.Read(9)));
    }

    [Fact]
    public void ALineTornByACrash_IsTheOnlyOneLost()
    {
        using (var spool = Open())
        {
            spool.Append(Rows.Of(1, 2));
        }

        var file = Directory.GetFiles(_folder.Path).Single();
        File.AppendAllText(file, """{"request_id":"req-3","ti""");
        using var next = Open();
        next.Append(Rows.Of(4, 1));
        var read = next.Read(9)!;
        Assert.Equal(["req-1", "req-2", "req-4"], Ids(read));
        Assert.Equal(1, read.Damaged);
        next.Forget(read);
        Assert.True(next.IsEmpty);
    }

    /// <summary>What an earlier process has left is sought from the end, in blocks.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 0, SpoolSegment.BlockBytes)]
    [InlineData(0, 0, (SpoolSegment.BlockBytes * 2) + 1)]
    [InlineData(2, 10, 0)]
    [InlineData(2, 10, SpoolSegment.BlockBytes - 1)]
    [InlineData(2, 10, SpoolSegment.BlockBytes)]
    [InlineData(2, 10, SpoolSegment.BlockBytes * 3)]
    [InlineData(2, SpoolSegment.BlockBytes * 2, 0)]
    [InlineData(2, SpoolSegment.BlockBytes * 2, SpoolSegment.BlockBytes + 1)]
    [InlineData(60, 10, 1)]
    public void AFileThatWasLeft_GoesOnBehindItsLastRow(int rows, int modelLength, int blanks)
    {
        using (var spool = Open())
        {
            spool.Reserve();
            spool.Append([.. Rows.Of(1, rows).Select(r => r with { Model = new string('m', modelLength) })]);
        }

        var file = rows == 0 ? _folder.In("000000000001.jsonl") : Directory.GetFiles(_folder.Path).Single();
        File.AppendAllText(file, new string('\n', blanks));
        var length = new FileInfo(file).Length;
        using var next = Open();
        Assert.Equal(length - blanks, next.Bytes);
        next.Append(Rows.Of(rows + 1, 1));
        var read = next.Read(99)!;
        Assert.Equal(Rows.Of(1, rows + 1).Select(r => r.RequestId), Ids(read));
        Assert.Equal(0, read.Damaged);
        Assert.Equal(file, Assert.Single(Directory.GetFiles(_folder.Path)));
    }

    [Fact]
    public void BlanksOfAnOlderFile_DoNotWait()
    {
        var line = File.ReadAllText(Line());
        File.WriteAllText(_folder.In("000000000001.jsonl"), line + new string('\n', SpoolSegment.BlockBytes * 2));
        File.WriteAllText(_folder.In("000000000002.jsonl"), new string('\n', SpoolSegment.BlockBytes * 2));
        using var next = Open();
        Assert.Equal(line.Length, next.Bytes);
        next.Forget(next.Read(9)!);
        Assert.True(next.IsEmpty);
        Assert.Null(next.Read(9));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(SpoolSegment.BlockBytes)]
    [InlineData((SpoolSegment.BlockBytes * 2) + 1)]
    public void ALineTornAtTheVeryEnd_IsNotContinued(int length)
    {
        File.WriteAllText(_folder.In("000000000001.jsonl"), new string('x', length));
        using var next = Open();
        next.Append(Rows.Of(1, 1));
        var read = next.Read(9)!;
        Assert.Equal(["req-1"], Ids(read));
        Assert.Equal(1, read.Damaged);
    }

    [Fact]
    public void WhenFull_TakesNoMore_AndTakesAgainWhatIsForgotten()
    {
        var size = new FileInfo(Line()).Length;
        using var spool = Open(size * 3);
        Assert.Equal(3, spool.Append(Rows.Of(1, 5)));
        Assert.Equal(0, spool.Append(Rows.Of(4, 1)));
        spool.Forget(spool.Read(1)!);
        Assert.Equal(1, spool.Append(Rows.Of(4, 2)));
        Assert.Equal(["req-2", "req-3", "req-4"], Ids(spool.Read(9)));
    }

    [Fact]
    public void WhatWasAppendedJustNow_IsNotReadBack()
    {
        using var spool = Open();
        foreach (var first in (int[])[1, 4])
        {
            spool.Append(Rows.Of(first, 3));
            var file = Directory.GetFiles(_folder.Path).Single();
            File.WriteAllText(file, new string('x', (int)new FileInfo(file).Length));
            Assert.Equal([$"req-{first}", $"req-{first + 1}"], Ids(spool.Read(2)));
            spool.Forget(spool.Read(2)!);
            Assert.Equal([$"req-{first + 2}"], Ids(spool.Read(9)));
            spool.Forget(spool.Read(9)!);
        }
    }

    /// <summary>Whatever is read from memory: a process that comes after any step finds what was appended and not forgotten, behind what is left of a file that is not done with yet.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void MemoryAndDisk_SayTheSame_AfterEveryStep(int seed)
    {
        var chance = new Random(seed);
        var waiting = new Queue<string>();
        var spool = Open();
        for (var (step, last) = (0, 0); step < 80; step++)
        {
            switch (chance.Next(8))
            {
                case < 4:
                    // A few dozen fill a file.
                    var rows = Rows.Of(last + 1, chance.Next(1, 8)).Select(r => r with { Model = new string('m', chance.Next(60_000)) }).ToList();
                    Assert.Equal(rows.Count, spool.Append(rows));
                    rows.ForEach(r => waiting.Enqueue(r.RequestId));
                    last += rows.Count;
                    break;
                case < 7:
                    for (var left = chance.Next(12); left > 0 && spool.Read(chance.Next(1, left + 1)) is { } next; left -= next.Rows.Count)
                    {
                        Assert.Equal(waiting.Take(next.Rows.Count), Ids(next));
                        spool.Forget(next);
                        foreach (var _ in next.Rows) waiting.Dequeue();
                    }

                    break;
                default:
                    // Killed: nothing is disposed of.
                    waiting = new(Left());
                    spool = Open();
                    break;
            }

            var found = Left();
            Assert.Equal(waiting, waiting.Count == 0 ? found : found.TakeLast(waiting.Count));
            Assert.Equal(Rows.Of(last - found.Count + 1, found.Count).Select(r => r.RequestId), found);
        }

        Assert.Equal(waiting, All(spool));
        spool.Dispose();
    }

    /// <summary>Half a line that a full disk has taken is none that a crash has torn.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatAFailedWriteHasLeft_IsGoneWithTheNextOne(bool append)
    {
        var path = _folder.In("000000000001.jsonl");
        FillingDisk? disk = null;
        var segment = SpoolSegment.Make(path, room: 0, file => disk = new FillingDisk(file));
        Append(Rows.Of(1, 2));
        disk!.IsFull = true;
        Assert.Throws<IOException>(() => Append([Rows.Row(3) with { Model = new string('m', 5000) }]));
        disk.IsFull = false;
        if (append) Append(Rows.Of(4, 1));
        else segment.Clear();
        // Killed here: nothing is disposed of.
        var left = SpoolSegment.Left(path);
        Assert.Equal(segment.Length, left.Length);
        if (!append) return;
        var read = left.Read(0, 9);
        Assert.Equal(["req-1", "req-2", "req-4"], Ids(read));
        Assert.Equal(0, read.Damaged);

        void Append(LedgerRow[] rows)
        {
            var lines = new RowLines();
            lines.Clear();
            var ends = rows.Select(r => (r, lines.Add(r))).ToList();
            segment.Append(lines.Written, ends);
        }
    }

    [Fact]
    public void ManyFiles_AreReadOneAfterTheOther()
    {
        using var spool = Open();
        for (var i = 0; i < 60; i++) spool.Append(Rows.Of((i * 100) + 1, 100));
        Assert.True(Directory.GetFiles(_folder.Path).Length > 1);
        Assert.Equal(Rows.Of(1, 6000).Select(r => r.RequestId), All(spool));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Ids(SpooledRows? rows) => [.. rows!.Rows.Select(r => r.RequestId)];

    private static List<string> All(Spool spool)
    {
        var all = new List<string>();
        while (spool.Read(70) is { } next)
        {
            all.AddRange(Ids(next));
            Assert.Equal(0, next.Damaged);
            spool.Forget(next);
        }

        return all;
    }

    /// <summary>What another process would find now.</summary>
    private List<string> Left()
    {
        using var copy = new TempFolder();
        foreach (var file in Directory.GetFiles(_folder.Path)) File.Copy(file, copy.In(Path.GetFileName(file)));
        using var spool = new Spool(copy.Path, 1 << 30);
        return All(spool);
    }

    private static long Allocated(string file)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["--format=%b", file]) { RedirectStandardOutput = true })!;
        return 512 * long.Parse(stat.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
    }

    private Spool Open(long most = 1 << 30) => new(_folder.Path, most);

    private string Line()
    {
        using (var spool = new Spool(_folder.In("one"), 1 << 20)) spool.Append(Rows.Of(1, 1));
        return Directory.GetFiles(_folder.In("one")).Single();
    }
}
