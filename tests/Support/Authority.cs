using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansLlm.Support;

/// <summary>A root that nobody knows, or one that it has signed, and the certificates that it signs.</summary>
public sealed class Authority : IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly X509Certificate2 _root;

    /// <param name="signer">Null: it is a root.</param>
    public Authority(Authority? signer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=A root of the tests " + Convert.ToHexString(SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8]), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (signer is null)
        {
            _root = request.CreateSelfSigned(From, From.AddYears(1));
            return;
        }

        using var signed = request.Create(signer._root, signer._root.NotBefore, signer._root.NotAfter, [5, 6, 7, 8]);
        _root = signed.CopyWithPrivateKey(key);
    }

    /// <summary>Its own certificate.</summary>
    public string Pem => _root.ExportCertificatePem();

    private DateTimeOffset From => _time.GetUtcNow().AddDays(-1);

    /// <summary>One for servers at 127.0.0.1, or at another host.</summary>
    public X509Certificate2 Sign(string? host = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Request(key, host).Create(_root, _root.NotBefore, _root.NotAfter, [1, 2, 3, 4]);
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>One for servers at 127.0.0.1 that nobody has signed but itself.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var from = TimeProvider.System.GetUtcNow().AddDays(-1);
        return Request(key, null).CreateSelfSigned(from, from.AddYears(1));
    }

    public void Dispose() => _root.Dispose();

    private static CertificateRequest Request(ECDsa key, string? host)
    {
        var request = new CertificateRequest("CN=A server of the tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (host is null) names.AddIpAddress(IPAddress.Loopback);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
