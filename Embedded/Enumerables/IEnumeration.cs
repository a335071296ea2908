namespace Orleans.Embedded;

/// <summary>An open enumeration, as its activation knows it.</summary>
internal interface IEnumeration
{
    /// <summary>Whether its reader has asked for nothing for too long.</summary>
    bool IsStale(long now);

    /// <summary>Ends it early; the reader gets an <see cref="Runtime.EnumerationAbortedException"/> once it has read what it holds.</summary>
    void Abort(string why);
}
