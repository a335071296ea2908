using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Tests.Configuration;

/// <summary>What nodes tell each other of their configurations, and when they warn.</summary>
public class ConfigurationPartsTests
{
    private const string File = """
        model_list: [{model_name: a, litellm_params: {model: ollama/x}}]
        general_settings: {master_key: os.environ/MASTER, max_request_size_mb: 5}
        gateway_settings: {drain_timeout: 5, cluster: {redis: "redis://r:1", advertise: 10.0.0.1}}

        """;

    [Fact]
    public void TheSameFile_IsTheSame_HoweverItIsWritten_AndWhateverBelongsToTheNode()
    {
        Assert.Empty(Differences(File, File.Replace("max_request_size_mb: 5", "max_request_size_mb:   5", StringComparison.Ordinal)));
        Assert.Empty(Differences(File, File.Replace("10.0.0.1", "10.0.0.2", StringComparison.Ordinal)));
        Assert.Empty(Differences(File, File + "environment_variables: {A: b}\nrouter_settings: {}\n"));
    }

    [Fact]
    public void AnotherModel_AnotherSetting_AnotherKey_AndAnotherLedger_AreTold()
    {
        Assert.Equal(["model_list"], Differences(File, File.Replace("ollama/x", "ollama/y", StringComparison.Ordinal)));
        Assert.Equal(["general_settings"], Differences(File, File.Replace("size_mb: 5", "size_mb: 6", StringComparison.Ordinal)));
        Assert.Equal(["litellm_settings"], Differences(File, File + "litellm_settings: {num_retries: 1}\n"));
        Assert.Equal(["master key"], Of(File).DifferencesTo(Of(File, key: "sk-another-key-5678")));
        Assert.Equal(["ledger"], Of(File).DifferencesTo(Of(File.Replace("size_mb: 5", "size_mb: 5, database_url: \"postgresql://u:p@h/d\"", StringComparison.Ordinal))));
    }

    [Fact]
    public void NothingOfAKey_IsTold()
    {
        var told = string.Join(' ', Of(File).Parts);
        Assert.DoesNotContain("sk-", told, StringComparison.Ordinal);
        Assert.All(Of(File).Parts, p => Assert.Equal(16, p.Length - p.LastIndexOf('=') - 1));
    }

    [Fact]
    public void ANodeThatDiffers_IsToldOfOnce_WhenItHasForAWhile_AndAgainWhenItDiffersOtherwise()
    {
        var others = new OtherConfigurations(TimeSpan.FromSeconds(30));
        var own = Of(File);
        var other = Of(File + "litellm_settings: {num_retries: 1}\n") with { Node = "b" };
        Assert.Empty(others.Look(own, [other], TimeSpan.Zero));
        Assert.Equal(1, others.Count);
        Assert.Empty(others.Look(own, [own with { Node = "b" }], TimeSpan.FromSeconds(20)));
        Assert.Equal(0, others.Count);
        Assert.Empty(others.Look(own, [other], TimeSpan.FromSeconds(30)));
        Assert.Equal([("b", "litellm_settings")], others.Look(own, [other], TimeSpan.FromSeconds(60)));
        Assert.Empty(others.Look(own, [other], TimeSpan.FromSeconds(90)));
        var more = Of(File + "litellm_settings: {num_retries: 1}\nrouter_settings: {num_retries: 2}\n") with { Node = "b" };
        Assert.Equal([("b", "litellm_settings, router_settings")], others.Look(own, [more], TimeSpan.FromSeconds(100)));
    }

    private static IEnumerable<string> Differences(string one, string other) => Of(one).DifferencesTo(Of(other));

    private static Catalog.NodeConfiguration Of(string text, string key = "sk-a-master-key-1234")
    {
        var live = new LiveCatalog(text, name => name == "MASTER" ? key : null);
        Assert.False(live.StartReport.HasErrors);
        return ConfigurationParts.Of("a", text, live.Current.Settings);
    }
}
