using Microsoft.Data.Sqlite;
using Orleans.Embedded;
using Orleans.Runtime;

namespace OrleansLlm.Tests.Usage.EmbeddedOnly;

/// <summary>The file that grains are kept in, which fails as the ledger's does.</summary>
public sealed class GrainStateFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FailingCommit.All), MemberType = typeof(FailingCommit))]
    public void ACommitThatFails_SaysWhy_AndNotThatItCouldNotBeTakenBack(string how)
    {
        var connection = SqliteFile.OpenForWriting(_folder.In("state.db"));
        using var session = new SqliteSession(connection);
        var why = FailingCommit.Prepare(connection, how);
        var told = Assert.Throws<SqliteException>(() => session.Commit(() => session.Store("g", "n", new byte[100_000])));
        Assert.Contains(why, told.Message, StringComparison.Ordinal);
    }

    /// <summary>The rights of a file do not bind whoever runs these tests as root: opened for reading is the same to SQLite.</summary>
    [Fact]
    public void AFileThatMayOnlyBeRead_IsAnErrorAtTheStart()
    {
        SqliteFile.OpenForWriting(_folder.In("state.db")).Dispose();
        var told = Assert.Throws<OrleansException>(() => SqliteFile.OpenForWriting(_folder.In("state.db"), SqliteOpenMode.ReadOnly));
        Assert.Contains("it is read-only", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyFile_IsWhatACopyThatBrokeOffLeaves_AndNoNewOne()
    {
        File.WriteAllBytes(_folder.In("state.db"), []);
        var told = Assert.Throws<OrleansException>(() => SqliteFile.OpenForWriting(_folder.In("state.db")));
        Assert.Contains("is empty", told.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_folder.In("state.db")).Length);
    }

    /// <summary>Killed while it made its file, it has left one without a byte, or with a part of them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void AFirstStartThatWasKilled_IsBegunAnewByTheNext(int bytes)
    {
        File.WriteAllBytes(_folder.In("state.db.new"), new byte[bytes]);
        using (var session = new SqliteSession(SqliteFile.OpenForWriting(_folder.In("state.db")))) session.Commit(() => session.Store("g", "n", [1]));
        Assert.False(File.Exists(_folder.In("state.db.new")));
        Assert.True(new FileInfo(_folder.In("state.db")).Length > 0);
    }

    /// <summary>A file that somebody has put together by hand.</summary>
    [Fact]
    public void WithoutTheNumberOfTheLastWrite_NumbersGoOnAfterTheHighestThatIsStored()
    {
        using (var session = new SqliteSession(SqliteFile.OpenForWriting(_folder.In("state.db"))))
        {
            session.Commit(() => session.Store("g", "n", [1]));
            session.Commit(() => session.Store("g", "m", [1]));
        }

        using (var connection = SqliteFile.Open(_folder.In("state.db"), SqliteOpenMode.ReadWrite)) SqliteFile.Run(connection, "DELETE FROM sequence");
        using var again = new SqliteSession(SqliteFile.OpenForWriting(_folder.In("state.db")));
        Assert.Equal(3, again.Store("g", "o", [1]));
    }
}
