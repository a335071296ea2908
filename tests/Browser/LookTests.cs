using Microsoft.Playwright;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Browser;

/// <summary>
/// Light and dark, wide and narrow: every page, with something to see on it. With SCREENSHOTS naming a folder, the pictures are kept there; docs/img was made so.
/// </summary>
public class LookTests(Chromium chromium)
{
    private static readonly string[] Pages = ["backends", "requests", "usage", "keys", "playground"];

    [Theory]
    [InlineData("light", 1280, 800)]
    [InlineData("dark", 1280, 800)]
    [InlineData("phone", 390, 844)]
    public async Task EveryPage_FitsItsWindow_InItsColours(string look, int width, int height)
    {
        var dark = look == "dark";
        var time = new ManualTime();
        await using var visit = await Visit.StartAsync(
            chromium,
            new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce },
            models:
            [
                Held("qwen2.5:0.5b", time), Held("phi3:mini", time),
                new SimulatorOptions { Models = ["llama3.2:3b"], TimeToFirstToken = TimeSpan.FromMilliseconds(40), TimePerToken = TimeSpan.FromMilliseconds(5) },
            ]);
        var (ada, bob) = (await visit.NewKeyAsync(new { key_alias = "ada", rpm_limit = 120, max_budget = 25, budget_duration = "30d" }), await visit.NewKeyAsync(new { key_alias = "nightly-batch", models = new[] { "phi3:mini" }, max_parallel_requests = 4 }));
        for (var i = 0; i < 9; i++) (await visit.ChatAsync("llama3.2:3b", $"Question {i}", i % 3 == 0 ? ada : Visit.Master)).Dispose();
        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 3).Select(i => visit.ChatAsync("llama3.2:3b", $"At the same time {i}", ada)))) answer.Dispose();
        await visit.SignInAsync();
        Task<HttpResponseMessage>[] running =
        [
            visit.ChatAsync("qwen2.5:0.5b", "a", ada), visit.ChatAsync("qwen2.5:0.5b", "b", user: "eve"), visit.ChatAsync("qwen2.5:0.5b", "c", ada, priority: 2), visit.ChatAsync("phi3:mini", "d", bob),
        ];
        await Assertions.Expect(visit.Page.GetByText("2 waiting", new() { Exact = true })).ToBeVisibleAsync();
        var background = await visit.Page.EvaluateAsync<int>("() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((s, n) => s + Number(n), 0)");
        Assert.True(dark ? background < 200 : background > 600, $"The background of {look} sums to {background}.");
        foreach (var page in Pages)
        {
            await visit.GoAsync(page);
            await ShowAsync(visit.Page, page);
            await visit.AssertUsableAsync();
            await KeepAsync(visit.Page, $"{page}-{look}");
            if (page == "requests")
            {
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the request" }).First.ClickAsync();
                await Assertions.Expect(visit.Page.Locator("svg.timeline")).ToBeVisibleAsync();
                await KeepAsync(visit.Page, $"request-{look}");
                await visit.Page.Keyboard.PressAsync("Escape");
            }
        }

        // The other colours, by the button.
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Switch between light and dark" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("html")).ToHaveAttributeAsync("data-theme", dark ? "light" : "dark");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return running.All(r => r.IsCompleted);
            },
            "those who waited are answered",
            TimeSpan.FromSeconds(60));
        foreach (var answer in await Task.WhenAll(running)) answer.Dispose();
    }

    /// <summary>What runs there runs until the end of the test.</summary>
    private static SimulatorOptions Held(string model, ManualTime time) => new() { Models = [model], TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time };

    private static async Task ShowAsync(IPage page, string name)
    {
        switch (name)
        {
            case "backends":
                await Assertions.Expect(page.GetByRole(AriaRole.Article)).ToHaveCountAsync(3);
                break;
            case "requests":
                await Assertions.Expect(page.Locator("tbody tr")).Not.ToHaveCountAsync(0);
                break;
            case "usage":
                await Assertions.Expect(page.Locator("figure.chart, .state strong")).Not.ToHaveCountAsync(0);
                break;
            case "keys":
                await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
                break;
            default:
                await page.GetByLabel("Model 1").SelectOptionAsync("llama3.2:3b");
                await page.GetByRole(AriaRole.Button, new() { Name = "Compare with another model" }).ClickAsync();
                await page.GetByLabel("Model 2").SelectOptionAsync("llama3.2:3b");
                await page.GetByLabel("Message").FillAsync("What is a virtual actor?");
                await page.Keyboard.PressAsync("Enter");
                await Assertions.Expect(page.Locator(".stats[data-done]")).ToHaveCountAsync(2);
                await Assertions.Expect(page.Locator(".conversations li")).ToHaveCountAsync(1);
                break;
        }
    }

    private static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is not { Length: > 0 } folder) return;
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), Animations = ScreenshotAnimations.Disabled });
    }
}
