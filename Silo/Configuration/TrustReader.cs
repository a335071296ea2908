using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// <c>ssl_verify</c> of a deployment, of <c>litellm_settings</c> and, as <c>SSL_VERIFY</c>, of the environment: true, false or the path of a PEM file with roots. The
/// file is read here, so that one without a certificate is an error of the configuration and not of the first request.
/// </summary>
internal static class TrustReader
{
    private const string UncheckedHere = "the certificate of this deployment's server is not checked: whoever sits between reads the key and the prompts";
    private const string UncheckedAll = "no backend's certificate is checked, unless its deployment says otherwise: whoever sits between reads the keys and the prompts";
    private const string Key = "ssl_verify", Variable = "SSL_VERIFY", Expected = "true, false or the path of a PEM file with certificates";

    /// <summary>The roots of a whole system take a quarter of a megabyte.</summary>
    private const int MaxBytes = 4 << 20;

    /// <summary>The last that could be read, by their paths: while somebody replaces a file nobody else's certificate is believed, and nothing loses its deployment.</summary>
    private static readonly ConcurrentDictionary<string, ServerTrust> Last = new(StringComparer.Ordinal);

    /// <summary>Of all deployments that say nothing themselves.</summary>
    public static ServerTrust? Read(ConfigSection s)
    {
        if (s.Take(Key) is not { } entry || !TryRead(entry, s.PathOf(Key), s.Report, out var trust) || trust is null) return null;
        Tell(s.PathOf(Key), entry.Line, trust, s.Report);
        return trust;
    }

    /// <summary>The variable comes before <c>litellm_settings</c>, as in LiteLLM.</summary>
    public static ServerTrust? FromEnvironment(Func<string, string?> variable, ConfigReport report)
    {
        if (variable(Variable) is not { Length: > 0 } text) return null;
        if (!TryRead(new ConfigEntry(Variable, 0, new ConfigScalar(0, text, Plain: true, text)), Variable, report, out var trust) || trust is null) return null;
        Tell(Variable, 0, trust, report);
        return trust;
    }

    /// <param name="trust">Null: it says nothing.</param>
    /// <returns>False: what it says is wrong, and has been reported.</returns>
    public static bool TryRead(ConfigSection p, Uri? apiBase, out ServerTrust? trust)
    {
        trust = null;
        if (p.Take(Key) is not { } entry) return true;
        if (!TryRead(entry, p.PathOf(Key), p.Report, out trust)) return false;
        if (trust is null) return true;
        if (apiBase is { Scheme: "http" }) p.Report.Honoured(p.PathOf(Key), entry.Line, "api_base is http: there is no certificate");
        else if (trust.Checks) p.Report.Honoured(p.PathOf(Key), entry.Line, Note(trust));
        else p.Report.Warning(p.PathOf(Key), entry.Line, UncheckedHere);
        return true;
    }

    /// <summary>What a start says aloud.</summary>
    public static IEnumerable<ConfigFinding> Unchecked(ConfigReport report) => report.Findings.Where(f => f.Text is UncheckedHere or UncheckedAll);

    private static void Tell(string path, int line, ServerTrust trust, ConfigReport report)
    {
        if (trust.Checks) report.Honoured(path, line, Note(trust));
        else report.Warning(path, line, UncheckedAll);
    }

    private static string? Note(ServerTrust trust) => trust.Roots is null ? null : "its certificates are the only roots";

    private static bool TryRead(ConfigEntry entry, string path, ConfigReport report, out ServerTrust? trust)
    {
        trust = null;
        if (entry.Value is ConfigScalar { Text: null }) return true;
        if (entry.Value is not ConfigScalar { Text: { } text } scalar || string.IsNullOrWhiteSpace(text) || (scalar.Plain && scalar.AsNumber() is not null))
        {
            report.Error(path, entry.Line, $"expected {Expected}, found {entry.Value.Describe()}");
            return false;
        }

        text = text.Trim();
        if ((scalar with { Text = text }).AsBool() is { } checks)
        {
            trust = checks ? ServerTrust.OfTheSystem : ServerTrust.Anybody;
            return true;
        }

        trust = ReadRoots(text, out var problem);
        // What lies on the machine is not an administrator's to find out, whose words have come over HTTP and stand on no line.
        var told = entry.Line > 0 || path == Variable ? problem : "is none that can be read";
        if (trust is not null) Last[text] = trust;
        else if (Last.TryGetValue(text, out trust)) report.Warning(path, entry.Line, $"names a file which {told}: the certificates that it had before stay in force");
        else report.Error(path, entry.Line, $"expected {Expected}, found {entry.Value.Describe()}, which {told}");
        return trust is not null;
    }

    private static ServerTrust? ReadRoots(string path, out string problem)
    {
        if (OperatorFile.TryRead(path, MaxBytes, out problem) is not { } bytes) return null;
        problem = "holds no certificate in PEM";
        var certificates = new X509Certificate2Collection();
        try
        {
            using var text = new StreamReader(new MemoryStream(bytes));
            certificates.ImportFromPem(text.ReadToEnd());
            if (certificates.Count == 0) return null;
            // Of the certificates alone: some keep a private key in the same file.
            var roots = certificates.ExportCertificatePems();
            return new ServerTrust { Roots = roots, RootsHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(roots))) };
        }
        catch (CryptographicException)
        {
            problem = "holds a certificate that cannot be read";
            return null;
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }
}
