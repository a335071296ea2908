using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Bedrock;

namespace OrleansLlm.Upstream.Bedrock;

/// <summary>AWS's own examples: its "Signature Version 4 Test Suite", and from its libraries' suite the one path that is encoded already.</summary>
public sealed class AwsSignatureTests
{
    private const string Token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    private static readonly DateTimeOffset Time = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("get-vanilla", "GET", "https://example.amazonaws.com/", "", null, "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("post-vanilla", "POST", "https://example.amazonaws.com/", "", null, "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("get-vanilla-query-order-key-case", "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "", null, "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("post-header-key-sort", "POST", "https://example.amazonaws.com/", "", null, "My-Header1=value1", "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c")]
    [InlineData("get-header-value-trim", "GET", "https://example.amazonaws.com/", "", null, "My-Header1= value1|My-Header2= \"a   b   c\"", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")]
    [InlineData("post-x-www-form-urlencoded", "POST", "https://example.amazonaws.com/", "Param1=value1", null, "Content-Type=application/x-www-form-urlencoded", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    [InlineData("post-sts-header-before", "POST", "https://example.amazonaws.com/", "", Token, "", "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")]
    [InlineData("double-encode-path", "POST", "https://tj9n5r0m12.execute-api.us-east-1.amazonaws.com/test/@connections/JBDvjfGEIAMCERw%3D", "", null, "", "host;x-amz-date", "6f871eb157f326fa5f7439eb88ca200048635950ce7d6037deda56f0c95d4364")]
    public void ASignature_IsThatOfAwssExamples(string name, string method, string address, string body, string? token, string more, string names, string signature)
    {
        var keys = new AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token);
        var signed = more.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split('=', 2)).Select(header => (header[0], header[1])).ToArray();

        var headers = AwsSignature.Headers(method, new Uri(address), Encoding.UTF8.GetBytes(body), keys, "us-east-1", "service", Time, signed);

        Assert.Equal((name, $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}"), (name, headers["Authorization"]));
        Assert.Equal("20150830T123600Z", headers["X-Amz-Date"]);
        Assert.Equal(token, headers.GetValueOrDefault("X-Amz-Security-Token"));
    }

    [Fact]
    public void WhatIsSignedForOneHost_IsGoodForNoOther()
    {
        var keys = new AwsKeys("AKIDEXAMPLE", "secret", null);
        string[] addresses = ["https://bedrock-runtime.us-east-1.amazonaws.com/", "https://elsewhere.example/", "https://elsewhere.example:444/", "http://[::1]:8080/"];

        Assert.Equal(addresses.Length, addresses.Select(address => AwsSignature.Headers("POST", new Uri(address), default, keys, "us-east-1", "bedrock", Time)["Authorization"]).Distinct().Count());
    }

    [Fact]
    public void Keys_AreNotWritten() => Assert.DoesNotContain("secret", new AwsKeys("id", "secret", "secret").ToString(), StringComparison.Ordinal);
}
