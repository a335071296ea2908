using System.Net.Http.Json;
using System.Text.Json;
using OrleansLlm.Api.Sessions;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>What a browser with our pages does: signs in once, sends its cookie and the pages' header, presents no key.</summary>
internal sealed partial class Browser : IDisposable
{
    private readonly HttpClient _http;

    private Browser(Uri address) => _http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    public string? Cookie { get; private set; }

    public static async Task<Browser> SignInAsync(Uri node, string key)
    {
        var browser = new Browser(node);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ui/session");
        request.Headers.Add("Authorization", $"Bearer {key}");
        request.Headers.Add(SameOrigin.Header, "1");
        using var response = await browser._http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        browser.Cookie = response.Headers.GetValues("Set-Cookie").Single();
        return browser;
    }

    /// <summary>The same browser where a load balancer has sent it to another node.</summary>
    public Browser At(Uri node) => new(node) { Cookie = Cookie };

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, bool fromOurPages = true, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", Cookie!.Split(';')[0]);
        if (fromOurPages) request.Headers.Add(SameOrigin.Header, "1");
        if (body is not null) request.Content = JsonContent.Create(body);
        return await _http.SendAsync(request, until);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<int> StatusAsync(HttpMethod method, string path, object? body = null, bool fromOurPages = true)
    {
        using var response = await SendAsync(method, path, body, fromOurPages);
        return (int)response.StatusCode;
    }

    public async Task<Events> WatchAsync() => new(await SendAsync(HttpMethod.Get, "/ui/live", until: HttpCompletionOption.ResponseHeadersRead));

    public void Dispose() => _http.Dispose();
}
