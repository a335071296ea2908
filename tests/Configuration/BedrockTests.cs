using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>LiteLLM's ways to write a deployment at Amazon Bedrock.</summary>
public sealed class BedrockTests
{
    private const string Keys = "aws_access_key_id: AKID, aws_secret_access_key: secret";

    [Theory]
    [InlineData("bedrock/anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "us-west-2")]
    [InlineData("bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-west-2")]
    [InlineData("bedrock/invoke/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-west-2")]
    [InlineData("bedrock/eu-central-1/anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "eu-central-1")]
    [InlineData("bedrock/converse/us-gov-west-1/anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "us-gov-west-1")]
    [InlineData("bedrock/arn:aws:bedrock:ap-south-1:1234:application-inference-profile/a1b2", "arn:aws:bedrock:ap-south-1:1234:application-inference-profile/a1b2", "ap-south-1")]
    [InlineData("bedrock/converse/arn:aws:bedrock:us-east-1:1234:inference-profile/us.amazon.nova-pro-v1:0", "arn:aws:bedrock:us-east-1:1234:inference-profile/us.amazon.nova-pro-v1:0", "us-east-1")]
    public void AName_HasAnIdAndARegion(string model, string id, string region)
    {
        var (catalog, report) = Load($"{{model: \"{model}\", {Keys}}}");
        var only = catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((id, "bedrock", region, $"https://bedrock-runtime.{region}.amazonaws.com/"), (only.Model, only.Provider, only.Account.Location, only.ApiBase.AbsoluteUri));
        Assert.Equal(("AKID", "secret", null, null), (only.Account.Aws!.Id, only.Account.Aws.Secret, only.Account.Aws.SessionToken, only.ApiKey));
        Assert.Empty(only.Defaults);
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void AModelId_IsAskedFor_AndTheNameSaysWhatItIs()
    {
        var only = Load($"{{model: bedrock/anthropic.claude-3-haiku-20240307-v1:0, model_id: \"arn:aws:bedrock:us-east-2:1:provisioned-model/x\", {Keys}}}").Catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal(("arn:aws:bedrock:us-east-2:1:provisioned-model/x", "anthropic.claude-3-haiku-20240307-v1:0", "us-east-2"), (only.Model, only.BaseModel, only.Account.Location));
    }

    [Theory]
    [InlineData("", "AWS_REGION_NAME=a-1 AWS_REGION=b-2 AWS_DEFAULT_REGION=c-3", "a-1")]
    [InlineData("", "AWS_REGION=b-2 AWS_DEFAULT_REGION=c-3", "b-2")]
    [InlineData("", "AWS_DEFAULT_REGION=c-3", "c-3")]
    [InlineData(", aws_region_name: cn-north-1", "AWS_REGION=b-2", "cn-north-1")]
    public void ARegion_IsTheDeploymentsOwn_OrTheEnvironments(string more, string environment, string region)
    {
        var only = Load($"{{model: bedrock/amazon.nova-pro-v1:0, {Keys}{more}}}", Variables(environment)).Catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((region, $"https://bedrock-runtime.{region}.amazonaws.com{(region.StartsWith("cn-", StringComparison.Ordinal) ? ".cn" : "")}/"), (only.Account.Location, only.ApiBase.AbsoluteUri));
    }

    /// <summary>What the deployment says itself wins.</summary>
    [Theory]
    [InlineData("api_key: k", "AWS_ACCESS_KEY_ID=e AWS_SECRET_ACCESS_KEY=s", "k", null, null)]
    [InlineData("api_key: k, aws_role_name: r", "", "k", null, null)]
    [InlineData("aws_access_key_id: os.environ/MINE, aws_secret_access_key: s, aws_session_token: t", "MINE=own AWS_BEARER_TOKEN_BEDROCK=b", null, "own", "t")]
    [InlineData("drop_params: true", "AWS_BEARER_TOKEN_BEDROCK=b AWS_ACCESS_KEY_ID=e AWS_SECRET_ACCESS_KEY=s", "b", null, null)]
    [InlineData("drop_params: true", "AWS_ACCESS_KEY_ID=e AWS_SECRET_ACCESS_KEY=s AWS_SESSION_TOKEN=u", null, "e", "u")]
    [InlineData("aws_access_key_id: a, aws_secret_access_key: s", "AWS_SESSION_TOKEN=u", null, "a", null)]
    public void AKey_IsTheDeploymentsOwn_OrTheEnvironments(string parameters, string environment, string? key, string? id, string? token)
    {
        var only = Load($"{{model: bedrock/amazon.nova-pro-v1:0, {parameters}}}", Variables(environment)).Catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((key, id, token), (only.ApiKey, only.Account.Aws?.Id, only.Account.Aws?.SessionToken));
    }

    /// <summary>Variables are often read from files, which end in a line break.</summary>
    [Fact]
    public void AKeyOfTheEnvironment_IsCleanedLikeOneOfTheFile()
    {
        var (catalog, _) = Load("{model: bedrock/amazon.nova-pro-v1:0}", ("AWS_ACCESS_KEY_ID", " e"), ("AWS_SECRET_ACCESS_KEY", "s\n"), ("AWS_SESSION_TOKEN", "t\r\n"));
        var keys = catalog.FindGroup("m")!.Deployments[0].Account.Aws!;
        Assert.Equal(("e", "s", "t"), (keys.Id, keys.Secret, keys.SessionToken));

        var (_, report) = Load("{model: bedrock/amazon.nova-pro-v1:0}", ("AWS_ACCESS_KEY_ID", "e\nx"), ("AWS_SECRET_ACCESS_KEY", "s"));
        Assert.Equal("model_list[0].litellm_params.aws_access_key_id", Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }

    [Theory]
    [InlineData("aws_role_name: arn:aws:iam::1:role/r", "aws_role_name")]
    [InlineData("aws_profile_name: dev", "aws_profile_name")]
    [InlineData("aws_web_identity_token: x", "aws_web_identity_token")]
    [InlineData("aws_access_key_id: a, aws_secret_access_key: s, aws_role_name: r", "aws_role_name")]
    [InlineData("aws_access_key_id: a", "aws_secret_access_key")]
    [InlineData("drop_params: true", "aws_access_key_id")]
    public void WhatIsNotSupported_IsSaidByName_AndTheDeploymentIsLeftOut(string parameters, string named)
    {
        var (catalog, report) = Load($"{{model: bedrock/amazon.nova-pro-v1:0, {parameters}}}");
        Assert.Null(catalog.FindGroup("m"));
        Assert.Equal("model_list[0].litellm_params." + named, Assert.Single(report.Findings, f => f.Kind == FindingKind.LeftOut).Path);
    }

    [Theory]
    [InlineData("bedrock/agent/A/B")]
    [InlineData("bedrock/converse_like/x")]
    [InlineData("bedrock/async_invoke/twelvelabs.marengo-embed-2-7-v1:0")]
    [InlineData("bedrock/us-east-1/")]
    public void AnotherApiOfBedrocks_IsLeftOut(string model)
    {
        var (catalog, report) = Load($"{{model: \"{model}\", {Keys}}}");
        Assert.Null(catalog.FindGroup("m"));
        Assert.Equal("model_list[0].litellm_params.model", Assert.Single(report.Findings, f => f.Kind == FindingKind.LeftOut).Path);
    }

    [Theory]
    [InlineData("evil.example/")]
    [InlineData("a@b")]
    [InlineData("us.east")]
    [InlineData("US-EAST-1")]
    public void AnAwsRegion_NamesNoOtherHost(string region)
    {
        var (_, report) = Load($"{{model: bedrock/amazon.nova-pro-v1:0, {Keys}, aws_region_name: \"{region}\"}}");
        Assert.Equal("model_list[0].litellm_params.aws_region_name", Assert.Single(report.Findings, f => f.Kind == FindingKind.Error).Path);
    }

    [Theory]
    [InlineData("aws_bedrock_runtime_endpoint: \"https://vpce.example\"", "", "https://vpce.example/")]
    [InlineData("aws_bedrock_runtime_endpoint: \"https://vpce.example\", api_base: \"https://proxy.example/b\"", "", "https://proxy.example/b")]
    [InlineData("weight: 1", "AWS_BEDROCK_RUNTIME_ENDPOINT=https://env.example", "https://env.example/")]
    public void AnAddressOfOnesOwn_IsAsked(string parameters, string environment, string address)
    {
        var only = Load($"{{model: bedrock/amazon.nova-pro-v1:0, {Keys}, {parameters}}}", Variables(environment)).Catalog.FindGroup("m")!.Deployments[0];
        Assert.Equal((address, 0), (only.ApiBase.AbsoluteUri, only.Defaults.Count));
    }

    /// <summary>Each account is a backend of its own.</summary>
    [Fact]
    public void TwoAccounts_AreTwoBackends()
    {
        var (catalog, _) = ConfigLoader.Load("""
            model_list:
              - {model_name: a, litellm_params: {model: bedrock/amazon.nova-pro-v1:0, aws_access_key_id: a, aws_secret_access_key: s}}
              - {model_name: b, litellm_params: {model: bedrock/amazon.nova-pro-v1:0, aws_access_key_id: b, aws_secret_access_key: s}}
            """, _ => null);
        Assert.NotEqual(catalog.FindGroup("a")!.Deployments[0].Backend, catalog.FindGroup("b")!.Deployments[0].Backend);
        Assert.DoesNotContain("s", catalog.FindGroup("a")!.Deployments[0].Account.Aws!.ToString().Replace(nameof(Catalog.AwsAccessKey), "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>Amazon asks the maker's price where it may serve a request anywhere; elsewhere it is another, or may be.</summary>
    [Theory]
    [InlineData("global.anthropic.claude-sonnet-4-5-20250929-v1:0", 3e-6)]
    [InlineData("global.anthropic.claude-opus-4-6-v1", 5e-6)]
    [InlineData("arn:aws:bedrock:us-east-1:1:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0", 1e-6)]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", null)]
    [InlineData("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", null)]
    [InlineData("anthropic.claude-3-5-sonnet-20240620-v1:0", null)]
    [InlineData("us.meta.llama3-3-70b-instruct-v1:0", null)]
    [InlineData("arn:aws:bedrock:us-east-1:1:application-inference-profile/a", null)]
    public void APrice_IsTheMakersWhereThatIsTrue(string id, double? price) =>
        Assert.Equal(price, Load($"{{model: \"bedrock/{id}\", {Keys}}}").Catalog.FindGroup("m")!.Deployments[0].InputCostPerToken);

    private static (string, string)[] Variables(string environment) =>
        [.. environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1]))];

    private static (Catalog.GatewayCatalog Catalog, ConfigReport Report) Load(string parameters, params (string Name, string Value)[] variables) =>
        ConfigLoader.Load($"model_list: [{{model_name: m, litellm_params: {parameters}}}]", name => variables.FirstOrDefault(v => v.Name == name).Value);
}
