namespace OrleansLlm.Silo.Configuration;

/// <summary>A file that the configuration names.</summary>
internal static class OperatorFile
{
    /// <param name="problem">Why not, as the end of a sentence about it.</param>
    /// <returns>Null: it cannot be read. Nothing of it: it is empty.</returns>
    public static byte[]? TryRead(string path, long maxBytes, out string problem)
    {
        try
        {
            problem = "does not exist";
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            problem = $"has more than {maxBytes >> 20} MiB";
            if (file.Length > maxBytes) return null;
            problem = "";
            // Pipes and devices have no length, and might never end.
            return file.Length == 0 ? [] : File.ReadAllBytes(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = "cannot be read";
            return null;
        }
    }
}
