using Microsoft.Data.Sqlite;
using Orleans.Embedded;

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
}
