using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Sessions;
using OrleansLlm.Api.Usage;

namespace OrleansLlm.Tests.Rules.Access;

/// <summary>Whose requests a session's cookie is good for, and what a spreadsheet may not take for a formula.</summary>
public class SameOriginTests
{
    [Theory]
    [InlineData("GET", null, null, false, true)]
    [InlineData("GET", "same-origin", null, false, true)]
    [InlineData("GET", "none", null, false, true)]
    [InlineData("GET", "cross-site", null, false, false)]
    [InlineData("GET", "same-site", null, true, false)]
    [InlineData("POST", "same-origin", "http://gateway:4000", true, true)]
    [InlineData("POST", null, "http://gateway:4000", true, true)]
    [InlineData("POST", null, null, true, true)]
    [InlineData("POST", "same-origin", "http://gateway:4000", false, false)]
    [InlineData("POST", "same-site", "http://gateway:4001", true, false)]
    [InlineData("POST", null, "http://gateway:4001", true, false)]
    [InlineData("POST", null, "http://evil:4000", true, false)]
    [InlineData("POST", null, "null", true, false)]
    [InlineData("DELETE", "cross-site", "http://gateway:4000", true, false)]
    public void OnlyOurOwnPages_MayUseASession(string method, string? site, string? origin, bool header, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Host = new HostString("gateway", 4000);
        if (site is not null) request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null) request.Headers.Origin = origin;
        if (header) request.Headers[SameOrigin.Header] = "1";
        Assert.Equal(expected, SameOrigin.Is(request));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@x,y", "\"'@x,y\"")]
    public void ACsvField_IsTextAndNothingElse(string text, string expected) => Assert.Equal(expected, CsvText.Of(text));
}
