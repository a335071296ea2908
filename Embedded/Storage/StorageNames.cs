namespace Orleans.Embedded;

internal static class StorageNames
{
    /// <summary>The store of a state that names none.</summary>
    public const string Default = "Default";
}
