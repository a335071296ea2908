using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OrleansLlm.Api.Live;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Browser;

/// <summary>A gateway, its simulated backends, and one browser that looks at it. Fails at its end if the page has complained of anything.</summary>
internal sealed class Visit : IAsyncDisposable
{
    public const string Master = "sk-the-master-key-1234";

    private readonly List<string> _complaints = [];
    private readonly IBrowserContext _context;

    private Visit(IBrowserContext context, IPage page, TestGateway gateway, SimulatedOllama[] backends)
    {
        (_context, Page, Gateway, Backends) = (context, page, gateway, backends);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _complaints.Add($"{message.Type}: {message.Text} ({page.Url})");
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IPage Page { get; }

    public TestGateway Gateway { get; }

    public SimulatedOllama[] Backends { get; }

    /// <summary>What the page may say without failing the test: a browser logs each answer that is an error.</summary>
    public string? Expected { get; set; }

    /// <param name="models">A model each backend, named like it.</param>
    public static async Task<Visit> StartAsync(Chromium chromium, BrowserNewContextOptions? window = null, bool open = false, params SimulatorOptions[] models)
    {
        // First: where there is no browser nothing else is started.
        var context = await chromium.OpenAsync(window);
        var backends = await Task.WhenAll((models.Length == 0 ? [new SimulatorOptions { Models = ["qwen2.5:0.5b"] }] : models).Select(m => SimulatedOllama.StartAsync(m)));
        var lines = string.Concat(backends.SelectMany((b, i) => (models.Length == 0 ? ["qwen2.5:0.5b"] : models[i].Models).Select(m =>
            $"  - {{model_name: \"{m}\", litellm_params: {{model: \"ollama_chat/{m}\", api_base: \"{b.BaseAddress}\", input_cost_per_token: 0.0000004, output_cost_per_token: 0.0000012}}}}\n")));
        var gateway = await TestGateway.StartAsync(
            Setup.Config(lines, open ? "" : $"general_settings: {{master_key: {Master}}}\n"),
            more: services =>
            {
                services.AddSingleton(new NodeName("gateway-1:4000"));
                services.AddSingleton(new SimulatedAddresses([.. backends.Select(b => b.BaseAddress)]));
            });
        return new Visit(context, await context.NewPageAsync(), gateway, backends);
    }

    /// <summary>Signs in with the master key, and goes to a page.</summary>
    /// <param name="connected">Whether to wait for the live connection.</param>
    /// <param name="at">Where the browser goes; null: to the gateway itself.</param>
    public async Task SignInAsync(string page = "backends", string key = Master, bool connected = true, Uri? at = null)
    {
        await Page.GotoAsync(new Uri(at ?? Gateway.Address, "/ui").ToString());
        await Page.GetByLabel("API key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        if (connected) await Assertions.Expect(Page.GetByText("Live from gateway-1:4000")).ToBeAttachedAsync();
        if (page != "backends") await GoAsync(page);
    }

    public async Task GoAsync(string page)
    {
        var name = char.ToUpperInvariant(page[0]) + page[1..];
        await Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 })).ToBeAttachedAsync();
    }

    /// <summary>A request of somebody else.</summary>
    public async Task<HttpResponseMessage> ChatAsync(string model, string text, string key = Master, string? user = null, int? priority = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Add("Authorization", $"Bearer {key}");
        var body = new Dictionary<string, object> { ["model"] = model, ["messages"] = new[] { new { role = "user", content = text } } };
        if (user is not null) body["user"] = user;
        if (priority is not null) body["priority"] = priority;
        request.Content = System.Net.Http.Json.JsonContent.Create(body);
        return await Gateway.Http.SendAsync(request);
    }

    public async Task<string> NewKeyAsync(object fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/key/generate");
        request.Headers.Add("Authorization", $"Bearer {Master}");
        request.Content = System.Net.Http.Json.JsonContent.Create(fields);
        using var response = await Gateway.Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("key").GetString()!;
    }

    /// <summary>Nothing is wider than the window, and everything that can be used has a name.</summary>
    public async Task AssertUsableAsync()
    {
        Assert.Equal(0, await Page.EvaluateAsync<int>("() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"));
        Assert.Empty(await Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('button, input, select, textarea, a')]
              .filter(e => e.getClientRects().length > 0 && !e.matches('[aria-hidden]'))
              .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
              .map(e => e.outerHTML)
            """));
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        await Gateway.DisposeAsync();
        foreach (var backend in Backends) await backend.DisposeAsync();
        Assert.DoesNotContain(_complaints, c => Expected is null || !c.Contains(Expected, StringComparison.Ordinal));
    }
}
