using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OrleansLlm.Providers.Http;

/// <summary>How the certificate of a server is judged. None is checked for revocation, as anywhere in .NET where nobody asks for it.</summary>
internal static class CertificateCheck
{
    public static SslClientAuthenticationOptions For(UpstreamTrust trust)
    {
        // The runtime keeps TLS sessions by host name alone. It judges one that is taken up again anew, but nothing here is to rest on that.
        var options = new SslClientAuthenticationOptions { AllowTlsResume = trust == UpstreamTrust.OfTheSystem, RemoteCertificateValidationCallback = Judge };
        // Somebody has written ssl_verify: false for this server, and is warned.
        if (trust == UpstreamTrust.Anybody) options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        if (trust.Roots is not { } roots) return options;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(roots);
        options.CertificateChainPolicy = policy;
        return options;
    }

    /// <exception cref="UntrustedCertificateException">In place of a plain no, which could not be told from other faults of TLS.</exception>
    private static bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None ? true : throw new UntrustedCertificateException(string.Join(" and ", Reasons(chain, errors)));

    /// <summary>Without anything of what the certificate says.</summary>
    private static IEnumerable<string> Reasons(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) yield return "there is none";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) yield return "it is not made out for the host that the address names";
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) yield break;
        var faults = chain?.ChainStatus.Select(s => s.Status).Distinct().ToList() ?? [];
        var isOutOfDate = faults.Remove(X509ChainStatusFlags.NotTimeValid);
        if (isOutOfDate) yield return "it has expired or is not valid yet";
        if (!isOutOfDate || faults.Count > 0) yield return $"no root that is known here vouches for it ({string.Join(", ", faults)})";
    }
}

/// <summary>A server has shown a certificate that is not taken.</summary>
internal sealed class UntrustedCertificateException(string why)
    : Exception($"its certificate is not trusted: {why}. The operator can name another root's PEM file as its ssl_verify, or leave the certificate unchecked by false")
{
    /// <summary>What a failed request failed by; null: something else.</summary>
    public static UntrustedCertificateException? In(Exception? fault)
    {
        while (fault is not (null or UntrustedCertificateException)) fault = fault.InnerException;
        return fault as UntrustedCertificateException;
    }
}
