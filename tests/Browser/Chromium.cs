using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(OrleansLlm.Tests.Browser.Chromium))]

// One browser, one page at a time: the machine may be small.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansLlm.Tests.Browser;

/// <summary>The machine's own Chromium, started once for all tests. Where there is none, or it does not start, they are skipped.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string _problem = "";

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } path)
        {
            _problem = "No Chromium on the path, and CHROMIUM names none.";
            return;
        }

        try
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], Timeout = 120_000 });
            Assertions.SetDefaultExpectTimeout(60_000);
        }
        catch (Exception e) when (e is PlaywrightException or TimeoutException or IOException)
        {
            _problem = $"{path} does not start here: {e.Message.Split('\n')[0]}";
        }
    }

    /// <summary>A browser window of its own, with its own cookies.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        if (_browser is null) Assert.Skip(_problem);
        var context = await _browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 800 }, ColorScheme = ColorScheme.Light });
        context.SetDefaultTimeout(60_000);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } given) return File.Exists(given) ? given : null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.SelectMany(f => Names.Select(n => Path.Combine(f, n))).FirstOrDefault(File.Exists);
    }
}
