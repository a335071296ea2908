using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Deploy;

/// <summary>docs/providers.md names whatever may stand before the first slash of a model.</summary>
public class ProviderDocTests
{
    [Fact]
    public void EveryPrefix_IsInTheDocument()
    {
        var text = Checkout.Read("docs/providers.md");
        Assert.DoesNotContain(ProviderTable.AllPrefixes, p => !text.Contains($"`{p}`", StringComparison.Ordinal));
    }
}
