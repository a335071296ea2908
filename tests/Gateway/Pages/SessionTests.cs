using System.Net;
using OrleansLlm.Api.Sessions;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>Signing in with a key, and what the cookie is good for.</summary>
public class SessionTests
{
    [Fact]
    public async Task TheCookie_IsLockedAway_AndHasNoKeyInIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        var parts = browser.Cookie!.Split("; ");
        Assert.Contains("httponly", parts, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", parts, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("path=/", parts, StringComparer.OrdinalIgnoreCase);
        // Not over plain HTTP: the browser would not send it back.
        Assert.DoesNotContain("secure", parts, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(KeyGateway.Master, browser.Cookie, StringComparison.Ordinal);
        var who = await browser.GetAsync("/ui/session");
        Assert.True(who.GetProperty("admin").GetBoolean());
    }

    [Theory]
    [InlineData(true, "https", true)]
    [InlineData(true, "http", false)]
    [InlineData(false, "https", false)]
    public async Task BehindTls_TheCookieIsForTlsOnly_IfTheProxyIsTrusted(bool trusted, string scheme, bool secure)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama, general: trusted ? ", use_x_forwarded_for: true" : "");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ui/session");
        request.Headers.Add("Authorization", $"Bearer {KeyGateway.Master}");
        request.Headers.Add("X-Forwarded-Proto", scheme);
        using var response = await keys.Gateway.Http.SendAsync(request);
        Assert.Equal(secure, response.Headers.GetValues("Set-Cookie").Single().Split("; ").Contains("secure", StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task WithoutAKey_ThePagesAreThere_AndNothingElseIs()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var page = await keys.SendAsync(HttpMethod.Get, "/ui", key: null);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        using (var again = new HttpRequestMessage(HttpMethod.Get, "/ui"))
        {
            again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
            using var same = await keys.Gateway.Http.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        }

        foreach (var path in (string[])["/ui/live", "/ui/api/backends", "/ui/api/requests", "/ui/api/usage", "/ui/api/conversations"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await keys.SendAsync(HttpMethod.Get, path, key: null)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await keys.SendAsync(HttpMethod.Get, "/ui/assets/nothing.js", key: null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await keys.SendAsync(HttpMethod.Post, "/ui/session", key: "sk-wrong-wrong-wrong")).StatusCode);
    }

    [Fact]
    public async Task ASession_IsGoodForTheWholeApi_ButOnlyFromOurPages()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        var chat = new { model = "m", messages = new[] { new { role = "user", content = "x" } } };
        Assert.Equal(200, await browser.StatusAsync(HttpMethod.Post, "/v1/chat/completions", chat));
        Assert.Equal(200, await browser.StatusAsync(HttpMethod.Post, "/key/generate", new { key_alias = "made-here" }));
        Assert.Equal(403, await browser.StatusAsync(HttpMethod.Post, "/v1/chat/completions", chat, fromOurPages: false));
        Assert.Equal(403, await browser.StatusAsync(HttpMethod.Post, "/key/generate", new { key_alias = "made-elsewhere" }, fromOurPages: false));
        Assert.Single((await browser.GetAsync("/key/list")).GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task SigningOut_EndsTheSession_AndNotOnlyTheCookie()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        using var other = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        Assert.Equal(204, await browser.StatusAsync(HttpMethod.Delete, "/ui/session"));
        Assert.Equal(401, await browser.StatusAsync(HttpMethod.Get, "/ui/api/backends"));
        Assert.False((await browser.GetAsync("/ui/session")).GetProperty("signed_in").GetBoolean());
        Assert.Equal(200, await other.StatusAsync(HttpMethod.Get, "/ui/api/backends"));
    }

    [Fact]
    public async Task AnInventedCookie_IsNoSession()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        using var browser = await Browser.SignInAsync(keys.Gateway, KeyGateway.Master);
        var cookie = browser.Cookie!.Split(';')[0];
        var last = cookie[^1] == 'A' ? 'B' : 'A';
        foreach (var invented in (string[])[cookie[..^1] + last, $"{SessionCookie.Name}={new string('0', 64)}.{new string('A', 43)}", $"{SessionCookie.Name}=x"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ui/api/backends");
            request.Headers.Add("Cookie", invented);
            Assert.Equal(HttpStatusCode.Unauthorized, (await keys.Gateway.Http.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task AVirtualKeysSession_MayDoWhatTheKeyMay_UntilTheKeyIsBlocked()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var keys = await KeyGateway.StartAsync(ollama);
        var key = await keys.NewKeyAsync(new { key_alias = "ada" });
        using var browser = await Browser.SignInAsync(keys.Gateway, key);
        var who = await browser.GetAsync("/ui/session");
        Assert.Equal(("ada", false), (who.GetProperty("name").GetString(), who.GetProperty("admin").GetBoolean()));
        Assert.Equal(403, await browser.StatusAsync(HttpMethod.Get, "/key/list"));
        Assert.Equal(403, await browser.StatusAsync(HttpMethod.Post, "/backend/reset", new { backend = "x" }));
        Assert.Equal("ada", (await browser.GetAsync("/key/info")).GetProperty("info").GetProperty("key_alias").GetString());
        await keys.AskAsync("/key/block", new { key });
        Assert.Equal(401, await browser.StatusAsync(HttpMethod.Get, "/ui/api/backends"));
    }

    [Fact]
    public async Task WithoutAMasterKey_ThePagesAreOpen_AndSayThatNothingCanBeChanged()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var who = await gateway.Http.GetStringAsync("/ui/session");
        Assert.Contains("\"signed_in\":true,\"open\":true,\"admin\":false", who, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/ui/api/backends")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.PostAsync("{}", path: "/backend/reset")).StatusCode);
    }
}
