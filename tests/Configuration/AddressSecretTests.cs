using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class AddressSecretTests
{
    [Fact]
    public void AUserNameAndPassword_AreSentAndNotShown()
    {
        var (catalog, report) = ConfigLoader.Load("""
            model_list:
              - {model_name: a, litellm_params: {model: ollama/x, api_base: "http://ada:p%40ss@localhost:1/base"}}
              - {model_name: b, litellm_params: {model: ollama/x, api_base: "http://ada:pass@localhost:2", extra_headers: {authorization: mine}}}
            """, _ => null);
        Assert.False(report.HasErrors);
        var (a, b) = (catalog.Groups[0].Deployments[0], catalog.Groups[1].Deployments[0]);
        Assert.Equal("http://localhost:1/base", a.ApiBase.AbsoluteUri);
        Assert.Equal("Basic " + Convert.ToBase64String("ada:p@ss"u8), a.Headers["Authorization"]);
        Assert.Equal(("http://localhost:2/", "mine"), (b.ApiBase.AbsoluteUri, b.Headers.Single().Value));
        Assert.DoesNotContain(catalog.Backends.Keys, name => name.Contains("ada", StringComparison.Ordinal));
    }

    [Fact]
    public void AKeyInAQuery_IsSentAndNotShown()
    {
        var (catalog, _) = ConfigLoader.Load("model_list: [{model_name: a, litellm_params: {model: openai/x, api_base: \"http://localhost:1/v1?api-key=secret\"}}]", _ => null);
        var only = catalog.Groups[0].Deployments[0];
        Assert.Equal("?api-key=secret", only.ApiBase.Query);
        Assert.DoesNotContain("secret", only + string.Concat(catalog.Backends.Keys) + catalog.Backends.Values.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://ada:secret@host/x", "ftp://…@host/x")]
    [InlineData("ftp://host/x?api-key=secret", "ftp://host/x…")]
    [InlineData("ada:secret@", "…@")]
    public void AnAddressThatIsNone_IsToldWithoutItsSecrets(string address, string shown)
    {
        Assert.Equal(shown, Addresses.Shown(address));
        var (_, report) = ConfigLoader.Load($"model_list: [{{model_name: a, litellm_params: {{model: openai/x, api_base: \"{address}\"}}}}]", _ => null);
        Assert.DoesNotContain(report.Findings, f => f.Text?.Contains("secret", StringComparison.Ordinal) is true);
    }
}
