using System.Net.Http.Json;
using System.Text.Json;
using OrleansLlm.Api.Sessions;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>What a browser with our pages does: signs in once, sends its cookie and the pages' header, presents no key.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _http;

    private Browser(HttpClient http) => _http = http;

    public string? Cookie { get; private set; }

    public static async Task<Browser> SignInAsync(TestGateway gateway, string key)
    {
        var browser = new Browser(new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = gateway.Address, Timeout = TimeSpan.FromMinutes(2) });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ui/session");
        request.Headers.Add("Authorization", $"Bearer {key}");
        request.Headers.Add(SameOrigin.Header, "1");
        using var response = await browser._http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        browser.Cookie = response.Headers.GetValues("Set-Cookie").Single();
        return browser;
    }

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

/// <summary>Server-sent events as they come.</summary>
internal sealed class Events(HttpResponseMessage response) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private StreamReader? _reader;

    /// <summary>Reads on until an event of this kind is as wanted.</summary>
    public async Task<JsonElement> UntilAsync(string kind, Func<JsonElement, bool> wanted, string what)
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var name = "";
        try
        {
            while (await _reader.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                if (!line.StartsWith("data: ", StringComparison.Ordinal) || name != kind) continue;
                var data = JsonDocument.Parse(line[6..]).RootElement;
                if (wanted(data)) return data;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Read for {Limit.TotalSeconds} s in vain: {what}");
        }

        throw new InvalidOperationException($"The stream ended before this: {what}");
    }

    /// <summary>Reads on until the gateway has ended the stream.</summary>
    public async Task UntilEndAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (await _reader.ReadLineAsync(limit.Token) is not null)
        {
        }
    }

    public void Dispose() => response.Dispose();
}
