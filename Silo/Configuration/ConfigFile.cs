using System.Buffers;
using System.Text;

namespace OrleansLlm.Silo.Configuration;

/// <summary>Where the configuration file is, and its text.</summary>
internal static class ConfigFile
{
    private const long MaxBytes = 16L << 20;

    /// <summary>Where it is if nothing else says: for an image, whose users name theirs as they like.</summary>
    private const string LastVariable = "DEFAULT_CONFIG_PATH";

    /// <summary>A name or a key in which a character was replaced would fail much later, and elsewhere.</summary>
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly string[] Variables = ["CONFIG_FILE_PATH", "LITELLM_CONFIG_PATH"];
    private static readonly string[] Defaults = ["gateway.yaml", "litellm_config.yaml"];

    /// <returns>The path to read, or null when there is no configuration: then the gateway looks for an Ollama by itself.</returns>
    public static string? Locate(string? option, Func<string, string?> variable, Func<string, bool> exists)
    {
        if (!string.IsNullOrWhiteSpace(option)) return option;
        return Variables.Select(variable).FirstOrDefault(v => !string.IsNullOrWhiteSpace(v)) ?? Defaults.FirstOrDefault(exists)
            ?? (string.IsNullOrWhiteSpace(variable(LastVariable)) ? null : variable(LastVariable));
    }

    /// <returns>Null, or in one sentence why the file cannot be read.</returns>
    public static string? TryRead(string path, out string text)
    {
        text = "";
        // Read once: what a second look found might be another file, a pipe that is empty, or nothing.
        byte[] bytes = [];
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path)) return "is a folder; expected a YAML file";
            if (!file.Exists) return "no such file";
            if (file.Length > MaxBytes) return $"is larger than {MaxBytes >> 20} MiB";
            bytes = File.ReadAllBytes(path);
            using var reader = new StreamReader(new MemoryStream(bytes), Strict, detectEncodingFromByteOrderMarks: true);
            text = reader.ReadToEnd();
            var fault = text.IndexOf('\0', StringComparison.Ordinal);
            if (fault < 0) return null;
            var line = text.AsSpan(0, fault).Count('\n') + 1;
            text = "";
            return $"is not text: line {line} has a NUL";
        }
        catch (DecoderFallbackException)
        {
            return $"is not UTF-8 text: line {LineOfFault(bytes)} has a byte that belongs to no character";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }

    private static int LineOfFault(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done) at += length;
        return bytes[..at].Count((byte)'\n') + 1;
    }
}
