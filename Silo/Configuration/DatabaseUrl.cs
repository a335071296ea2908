using System.Data.Common;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>general_settings.database_url</c>: <c>postgresql://user:password@host:port/database?sslmode=require</c> as Npgsql's connection string.</summary>
internal static class DatabaseUrl
{
    private const string Key = "database_url";

    public static string? Read(ConfigSection s)
    {
        var text = s.String(Key, note: "the ledger; other state is kept by the gateway itself");
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (Parse(text) is { } connection) return connection;
        s.Report.Warning(s.PathOf(Key), s.Take(Key)!.Line, "is no postgresql:// address: the ledger is kept in a SQLite file");
        return null;
    }

    /// <returns>Null: it is none of PostgreSQL.</returns>
    internal static string? Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgresql" or "postgres") || uri.Host.Length == 0) return null;
        var login = uri.UserInfo.Split(':', 2);
        var connection = new DbConnectionStringBuilder
        {
            ["Host"] = uri.Host,
            ["Port"] = uri.Port > 0 ? uri.Port : 5432,
            ["Database"] = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')),
            // The ledger writes one batch after the other, and is asked now and then.
            ["Maximum Pool Size"] = 4,
            ["Timeout"] = 5,
            ["Application Name"] = "OrleansLlm",
        };
        if (login[0].Length > 0) connection["Username"] = Uri.UnescapeDataString(login[0]);
        if (login.Length > 1) connection["Password"] = Uri.UnescapeDataString(login[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            // The rest are words for other programs' drivers.
            if (pair.Split('=', 2) is ["sslmode", var mode]) connection["SSL Mode"] = mode.Replace("-", "", StringComparison.Ordinal);
        }

        return connection.ConnectionString;
    }
}
