using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// The statement that stores a row in a ledger file, prepared once. What is the same as in the row before stays bound: as a rule an id, the times and the
/// tokens are all that differs. By the driver's own parameters a row took more than half as much again. Not thread-safe.
/// </summary>
internal sealed class SqliteInsert : IDisposable
{
    private static readonly string Sql =
        $"INSERT INTO ledger ({LedgerSql.ColumnList}) VALUES ({string.Join(", ", LedgerSql.Columns.Select(_ => "?"))}) ON CONFLICT DO NOTHING";

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Bound[] _bound = new Bound[LedgerSql.Columns.Length];
    private byte[] _utf8 = new byte[1024];
    private int _next;

    /// <exception cref="SqliteException">The tables are others.</exception>
    public SqliteInsert(SqliteConnection connection)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_database, Sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Within the connection's transaction. Nothing happens when the request has a row.</summary>
    /// <exception cref="SqliteException">The row is not stored.</exception>
    public void Run(LedgerRow row)
    {
        try
        {
            Bind(row);
            Check(raw.sqlite3_step(_statement));
        }
        catch
        {
            // What is bound is not certain any more.
            Array.Clear(_bound);
            throw;
        }
        finally
        {
            // Tells again what the step has told.
            _ = raw.sqlite3_reset(_statement);
        }
    }

    public void Dispose() => _statement.Dispose();

    /// <summary>In the order of <see cref="LedgerSql.Columns"/>.</summary>
    private void Bind(LedgerRow row)
    {
        _next = 0;
        BindText(row.RequestId);
        BindTime(row.Time);
        BindText(row.KeyHash);
        BindText(row.KeyAlias);
        BindText(row.UserId);
        BindText(row.TeamId);
        BindText(row.Model);
        BindText(row.ModelGroup);
        BindText(row.UpstreamModel);
        BindText(row.DeploymentId);
        BindText(row.Backend);
        BindWhole(row.PromptTokens);
        BindWhole(row.CompletionTokens);
        BindBoolean(row.Estimated);
        BindNumber(row.Cost);
        BindNumber(row.LatencyMs);
        BindNumber(row.FirstTokenMs);
        BindNumber(row.QueueMs);
        BindText(row.Status);
        BindBoolean(row.CacheHit);
        BindWhole(row.Retries);
        BindWhole(row.Fallbacks);
        BindBoolean(row.Stream);
    }

    private void BindText(string? text)
    {
        if (text is null) BindNull();
        else if (IsNew(new Bound(BoundKind.Text, 0, text))) BindUtf8(text);
        _next++;
    }

    private void BindUtf8(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_utf8.Length < most) _utf8 = new byte[most];
        var utf8 = _utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8));
        // Nothing at no address would be NULL.
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(_statement, _next + 1, "") : raw.sqlite3_bind_text(_statement, _next + 1, utf8));
    }

    private void BindTime(DateTimeOffset time)
    {
        if (IsNew(new Bound(BoundKind.Time, time.UtcTicks, null)))
        {
            time.UtcDateTime.TryFormat(_utf8, out var length, SqliteLedger.TimeFormat, CultureInfo.InvariantCulture);
            Check(raw.sqlite3_bind_text(_statement, _next + 1, _utf8.AsSpan(0, length)));
        }

        _next++;
    }

    private void BindBoolean(bool value) => BindWhole(value ? 1 : 0);

    private void BindWhole(long value)
    {
        if (IsNew(new Bound(BoundKind.Whole, value, null))) Check(raw.sqlite3_bind_int64(_statement, _next + 1, value));
        _next++;
    }

    private void BindNumber(double? value)
    {
        if (value is not { } number) BindNull();
        else if (IsNew(new Bound(BoundKind.Number, BitConverter.DoubleToInt64Bits(number), null))) Check(raw.sqlite3_bind_double(_statement, _next + 1, number));
        _next++;
    }

    private void BindNull()
    {
        if (IsNew(new Bound(BoundKind.Null, 0, null))) Check(raw.sqlite3_bind_null(_statement, _next + 1));
    }

    private bool IsNew(Bound value)
    {
        ref var bound = ref _bound[_next];
        if (bound.Kind == value.Kind && bound.Bits == value.Bits && bound.Text == value.Text) return false;
        bound = value;
        return true;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);

    private enum BoundKind
    {
        Nothing,
        Null,
        Text,
        Time,
        Whole,
        Number,
    }

    private readonly record struct Bound(BoundKind Kind, long Bits, string? Text);
}
