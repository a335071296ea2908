using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Configuration;

/// <summary><c>ssl_verify</c>, where LiteLLM has it.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-roots-").FullName;

    [Theory]
    [InlineData("false")]
    [InlineData("False")]
    [InlineData("'false'")]
    [InlineData("\" False \"")]
    [InlineData("os.environ/OFF")]
    public void False_LeavesTheCertificateUnchecked_AndIsAWarningThatNamesTheLine(string value)
    {
        var (catalog, report) = Load(value);
        var only = Only(catalog);
        Assert.Same(ServerTrust.Anybody, only.Trust);
        Assert.Same(ServerTrust.Anybody, catalog.Backends[only.Backend].Trust);
        var warning = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Equal(("model_list[0].litellm_params.ssl_verify", 6), (warning.Path, warning.Line));
        Assert.Contains("whoever sits between reads the key and the prompts", warning.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("'True'")]
    [InlineData("")]
    [InlineData("null")]
    public void TrueAndNothing_AreTheRootsOfTheSystem(string value)
    {
        var (catalog, report) = Load(value);
        Assert.Same(ServerTrust.OfTheSystem, Only(catalog).Trust);
        Assert.DoesNotContain(report.Findings, f => f.Kind is FindingKind.Warning or FindingKind.Error or FindingKind.Ignored);
    }

    [Fact]
    public void WithoutTls_FalseIsNothingToWarnOf()
    {
        var (_, report) = Load("false", scheme: "http");
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Honoured, Path: "model_list[0].litellm_params.ssl_verify", Text: "api_base is http: there is no certificate" });
    }

    [Fact]
    public void APath_IsReadWithTheFile_ForItsCertificatesAlone()
    {
        using var one = new Authority();
        using var two = new Authority();
        using var certificate = Authority.SelfSigned();
        var path = Write("roots.pem", one.Pem + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n" + two.Pem);
        var (catalog, report) = Load(path);
        Assert.False(report.HasErrors);
        var trust = Only(catalog).Trust;
        Assert.Equal((one.Pem + "\n" + two.Pem, true), (trust.Roots, trust.Checks));
        Assert.Equal(trust, catalog.Backends[Only(catalog).Backend].Trust);
        Write("roots.pem", two.Pem);
        Assert.NotEqual(trust.RootsHash, Only(Load(path).Catalog).Trust.RootsHash);
    }

    [Theory]
    [InlineData("absent.pem", null, "does not exist")]
    [InlineData("empty.pem", "", "holds no certificate in PEM")]
    [InlineData("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no certificate in PEM")]
    [InlineData("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a certificate that cannot be read")]
    public void AFileWithoutCertificates_IsAnErrorThatNamesTheKey(string name, string? text, string problem)
    {
        var (catalog, report) = Load(text is null ? Path.Combine(_folder, name) : Write(name, text));
        var error = Assert.Single(report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal(("model_list[0].litellm_params.ssl_verify", 6), (error.Path, error.Line));
        Assert.EndsWith(", which " + problem, error.Text, StringComparison.Ordinal);
        Assert.Empty(catalog.Groups);
    }

    [Fact]
    public void AFileThatIsAwayForAMoment_LeavesTheRootsAsTheyWere_AndWarns()
    {
        using var authority = new Authority();
        var path = Write("away.pem", authority.Pem);
        var live = new LiveCatalog($"model_list: []\nlitellm_settings: {{ssl_verify: {path}}}\n", _ => null);
        File.Delete(path);
        var entry = """{"model_name":"m","litellm_params":{"model":"openai/x","api_base":"https://a:1"}}""";
        var overlay = new CatalogOverlay { Version = 1, Models = [new("one", entry)] };
        var (_, report, told) = live.TakeOverlay(overlay);
        Assert.Equal(authority.Pem, Only(live.Current).Trust.Roots);
        var warning = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Equal(("litellm_settings.ssl_verify", "names a file which does not exist: the certificates that it had before stay in force"), (warning.Path, warning.Text));
        Assert.False(report.HasErrors);
        Assert.Equal([warning], told);
        Assert.Empty(live.TakeOverlay(overlay with { Version = 2 }).NewWarnings);
        Write("away.pem", authority.Pem);
        Assert.Empty(live.TakeOverlay(overlay with { Version = 3 }).NewWarnings);
        File.Delete(path);
        Assert.Equal([warning], live.TakeOverlay(overlay with { Version = 4 }).NewWarnings);
    }

    [Theory]
    [InlineData("{ca: x}")]
    [InlineData("[false]")]
    [InlineData("0")]
    [InlineData("''")]
    public void AnotherKindOfValue_IsAnErrorThatNamesTheKey(string value) =>
        Assert.Equal("model_list[0].litellm_params.ssl_verify", Assert.Single(Load(value).Report.Findings, f => f.Kind == FindingKind.Error).Path);

    [Fact]
    public void TheSettingOfAll_HoldsWhereADeploymentSaysNothing_AndIsOneWarning()
    {
        var (catalog, report) = Load("", rest: "litellm_settings: {ssl_verify: false}\n");
        Assert.Same(ServerTrust.Anybody, Only(catalog).Trust);
        Assert.Equal("litellm_settings.ssl_verify", Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning).Path);
        Assert.Same(ServerTrust.OfTheSystem, Only(Load("true", rest: "litellm_settings: {ssl_verify: false}\n").Catalog).Trust);
        Assert.Same(ServerTrust.Anybody, Only(Load("false", rest: "litellm_settings: {ssl_verify: true}\n").Catalog).Trust);
    }

    [Fact]
    public void TheVariable_ComesBeforeTheSettingOfAll_AndAfterTheDeployments()
    {
        Assert.Same(ServerTrust.Anybody, Only(Load("", rest: "litellm_settings: {ssl_verify: true}\n", variable: "False").Catalog).Trust);
        Assert.Same(ServerTrust.OfTheSystem, Only(Load("true", variable: "False").Catalog).Trust);
        Assert.Same(ServerTrust.Anybody, Only(Load("", rest: "environment_variables: {SSL_VERIFY: 'false'}\n").Catalog).Trust);
        Assert.Equal("SSL_VERIFY", Assert.Single(Load("", variable: "False").Report.Findings, f => f.Kind == FindingKind.Warning).Path);
        Assert.Equal("SSL_VERIFY", Assert.Single(Load("", variable: "/no/such/file").Report.Findings, f => f.Kind == FindingKind.Error).Path);
        Assert.Null(Only(Load("", variable: "").Catalog).Trust.Roots);
    }

    [Fact]
    public void ANamedCredential_MaySayIt()
    {
        var (catalog, _) = ConfigLoader.Load("""
            credential_list: [{credential_name: inside, credential_values: {ssl_verify: false}}]
            model_list: [{model_name: m, litellm_params: {model: openai/x, api_base: "https://a:1", litellm_credential_name: inside}}]
            """, _ => null);
        Assert.Same(ServerTrust.Anybody, Only(catalog).Trust);
    }

    [Fact]
    public void OverHttp_ItIsNotToldWhyAFileCannotBeRead()
    {
        var live = new LiveCatalog("model_list: []\n", _ => null);
        string Problem(string path)
        {
            var entry = JsonSerializer.Serialize(new { model_name = "m", litellm_params = new { model = "openai/x", api_base = "https://a:1", ssl_verify = path } });
            return Assert.Single(live.Compile(new CatalogOverlay { Models = [new("one", entry)] }).Problems).Value.Replace(path, "it", StringComparison.Ordinal);
        }

        Assert.Equal(Problem(Path.Combine(_folder, "absent")), Problem(Write("there", "root:x:0:0")));
    }

    [Fact]
    public void OverHttp_ItIsReadAsInTheFile()
    {
        var live = new LiveCatalog("model_list: []\n", _ => null);
        var compiled = live.Compile(new CatalogOverlay { Models = [new("one", """{"model_name":"m","litellm_params":{"model":"openai/x","api_base":"https://a:1","ssl_verify":false}}""")] });
        Assert.Same(ServerTrust.Anybody, Only(compiled.Catalog).Trust);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Deployment Only(GatewayCatalog catalog) => Assert.Single(Assert.Single(catalog.Groups).Deployments);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (GatewayCatalog Catalog, ConfigReport Report) Load(string value, string scheme = "https", string rest = "", string? variable = null) => ConfigLoader.Load(
        $"model_list:\n  - model_name: m\n    litellm_params:\n      model: openai/x\n      api_base: {scheme}://a:1/v1\n      ssl_verify: {value}\n{rest}",
        name => name switch { "SSL_VERIFY" => variable, "OFF" => "False", _ => null });
}
