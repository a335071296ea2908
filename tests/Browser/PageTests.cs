using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Browser;

/// <summary>Each page in a real browser, as a person uses it.</summary>
public class PageTests(Chromium chromium)
{
    private const string Model = "qwen2.5:0.5b";

    [Fact]
    public async Task AWrongKey_IsToldSo_TheRightOneOpensTheGateway_AndSigningOutClosesIt()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Expected = "401";
        await visit.Page.GotoAsync(new Uri(visit.Gateway.Address, "/ui/keys").ToString());
        await visit.Page.GetByLabel("API key").FillAsync("sk-not-a-key-of-this-gateway");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This key is not known here.");
        await visit.Page.GetByLabel("API key").FillAsync(Visit.Master);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Keys", Level = 1 })).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("API key")).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByLabel("API key")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Backends_ShowWhoRunsAndWhoWaits_WithoutAReload()
    {
        var time = new ManualTime();
        await using var visit = await Visit.StartAsync(chromium, models: new SimulatorOptions { Models = [Model], TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time });
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        await visit.SignInAsync();
        var card = visit.Page.GetByRole(AriaRole.Article);
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        await Expect(card).ToContainTextAsync("Simulated");
        await Expect(card).ToContainTextAsync("on gateway-1:4000");
        var running = visit.ChatAsync(Model, "one");
        await Expect(card).ToContainTextAsync("1 of 1 slot in use");
        var waiting = visit.ChatAsync(Model, "two", key, priority: 3);
        await Expect(card.Locator("table", new() { HasText = "Waiting: 1" }).Locator("tbody tr")).ToHaveTextAsync(new Regex(@"^1ada3\d+ s$"));
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return running.IsCompleted && waiting.IsCompleted;
            },
            "both are answered",
            TimeSpan.FromSeconds(60));
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        await Expect(card.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync("Last 15 minutes: 2 served, 0 failed, at most 1 waiting");
        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task Draining_IsConfirmedByKeyboard_AndSeenByEverybody()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync();
        var card = visit.Page.GetByRole(AriaRole.Article);
        await card.GetByRole(AriaRole.Button, new() { Name = "Drain", Exact = true }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        // The harmless answer has the focus.
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(card.GetByText("Draining")).ToHaveCountAsync(0);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Drain" }).ClickAsync();
        await Expect(card.GetByText("Draining")).ToBeVisibleAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Undrain" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Undrain" }).ClickAsync();
        await Expect(card.GetByText("Draining")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Requests_AppearAsTheyEnd_AndOneIsAPicture()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("requests");
        await Expect(visit.Page.GetByText("No requests yet")).ToBeVisibleAsync();
        using (await visit.ChatAsync(Model, "hello"))
        {
            await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        }

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the request" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Img)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Listitem).First).ToContainTextAsync("Admission");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.GetByLabel("Model").FillAsync("nothing like it");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByText("Nothing matches")).ToBeVisibleAsync();
        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task Usage_HasPlotsAndFiles()
    {
        await using var visit = await Visit.StartAsync(chromium);
        using (await visit.ChatAsync(Model, "hello", user: "ada"))
        {
            await visit.SignInAsync("usage");
        }

        // The row is written behind the answer.
        var row = visit.Page.GetByRole(AriaRole.Rowheader, new() { Name = "ada", Exact = true });
        await Eventually.UntilAsync(
            async () =>
            {
                if (await row.CountAsync() > 0) return true;
                await visit.Page.GetByLabel("Period").SelectOptionAsync("7");
                await visit.Page.GetByLabel("Period").SelectOptionAsync("30");
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                return false;
            },
            "the request is in the usage",
            TimeSpan.FromSeconds(60));
        await Expect(visit.Page.Locator("figure.chart")).ToHaveCountAsync(4);
        var file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).First.ClickAsync());
        Assert.Equal("usage-by-model.csv", file.SuggestedFilename);
        Assert.Contains($"{Model},1,0,", await File.ReadAllTextAsync((await file.PathAsync())!), StringComparison.Ordinal);
        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task AKey_IsShownOnce_Works_IsBlocked_AndIsDeleted()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await visit.Page.GetByLabel("Name").FillAsync("ada");
        await visit.Page.GetByLabel("Requests a minute").FillAsync("60");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        var key = await visit.Page.GetByLabel("The new key").InputValueAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
        var row = visit.Page.Locator("tbody tr");
        await Expect(row).ToContainTextAsync("60 requests/min");
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.DoesNotContain(key, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        using (var answer = await visit.ChatAsync(Model, "x", key)) Assert.Equal(200, (int)answer.StatusCode);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Block ada" }).ClickAsync();
        await Expect(row).ToContainTextAsync("blocked");
        using (var answer = await visit.ChatAsync(Model, "x", key)) Assert.Equal(401, (int)answer.StatusCode);
        await visit.AssertUsableAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete ada" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(visit.Page.GetByText("No keys yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ThePlayground_Streams_CompareSideBySide_AndKeepsTheConversation()
    {
        await using var visit = await Visit.StartAsync(chromium, models: [new SimulatorOptions { Models = [Model] }, new SimulatorOptions { Models = ["qwen3:8b"] }]);
        await visit.SignInAsync("playground");
        var page = visit.Page;
        await Expect(page.GetByLabel("Model 1")).ToHaveValueAsync(Model);
        for (var column = 2; column <= 4; column++) await page.GetByRole(AriaRole.Button, new() { Name = "Compare with another model" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Compare with another model" })).ToBeDisabledAsync();
        await Expect(page.GetByLabel("Model 2")).ToHaveValueAsync("qwen3:8b");
        await visit.AssertUsableAsync();
        await page.GetByLabel("Message").FillAsync("what is a grain?");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".stats[data-done]")).ToHaveCountAsync(4);
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync(["answer from qwen2.5:0.5b", "answer from qwen3:8b", "answer from qwen2.5:0.5b", "answer from qwen3:8b"]);
        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "what is a grain?" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync(["what is a grain?", "what is a grain?", "what is a grain?", "what is a grain?"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete what is a grain?" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("None yet.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Stop_EndsTheWorkOfTheBackend_WhileOthersAreToldTheirPlaceInTheQueue()
    {
        var time = new ManualTime();
        await using var visit = await Visit.StartAsync(
            chromium, models: new SimulatorOptions { Models = [Model], TimePerToken = TimeSpan.FromSeconds(1), Tokens = 50, Time = time });
        await visit.SignInAsync("playground");
        var (page, backend) = (visit.Page, visit.Backends[0]);
        await page.GetByLabel("Message").FillAsync("count");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Running == 1, "the backend works");
        await using var other = await chromium.OpenAsync();
        var second = await other.NewPageAsync();
        await second.GotoAsync(new Uri(visit.Gateway.Address, "/ui/playground").ToString());
        await second.GetByLabel("API key").FillAsync(Visit.Master);
        await second.Keyboard.PressAsync("Enter");
        await second.GetByLabel("Message").FillAsync("wait");
        await second.Keyboard.PressAsync("Enter");
        await Expect(second.GetByText("Number 1 in the queue")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Cancelled == 1, "the backend has stopped");
        await Expect(page.GetByText("Stopped").First).ToBeVisibleAsync();
        await Eventually.UntilAsync(() => backend.Stats.Started == 2, "the other's turn has come");
        await second.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Cancelled == 2, "the backend has stopped again");
    }

    [Fact]
    public async Task Reasoning_IsThere_AndFolded()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Backends[0].Faults.Add(new Fault
        {
            Kind = FaultKind.Raw,
            ContentType = "application/x-ndjson",
            Body = """
                {"model":"m","message":{"role":"assistant","content":"<think>first I ponder"},"done":false}
                {"model":"m","message":{"role":"assistant","content":" it</think>Then I **answer**."},"done":false}
                {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":4}

                """,
        });
        await visit.SignInAsync("playground");
        await visit.Page.GetByLabel("Message").FillAsync("think");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByText("Then I answer.")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("first I ponder it")).ToBeHiddenAsync();
        await visit.Page.GetByText("Reasoning").ClickAsync();
        await Expect(visit.Page.GetByText("first I ponder it")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task AVirtualKey_SeesItsOwn_AndNoWayToChangeAnything()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        using (await visit.ChatAsync(Model, "somebody else's"))
        using (await visit.ChatAsync(Model, "my own", key))
        {
            await visit.SignInAsync(key: key);
        }

        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToHaveCountAsync(0);
        await visit.GoAsync("requests");
        await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await visit.GoAsync("keys");
        await Expect(visit.Page.Locator("tbody tr")).ToContainTextAsync("ada");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "New key" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AnOpenGateway_SaysThatNobodyMayChangeIt()
    {
        await using var visit = await Visit.StartAsync(chromium, open: true);
        await visit.Page.GotoAsync(new Uri(visit.Gateway.Address, "/ui").ToString());
        await Expect(visit.Page.GetByText("This gateway is open")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task TheKeyboard_SkipsToTheContent_AndReachesEveryPage()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Backends" }).FocusAsync();
        foreach (var page in (string[])["Requests", "Usage", "Keys", "Playground"])
        {
            await visit.Page.GetByRole(AriaRole.Link, new() { Name = page, Exact = true }).FocusAsync();
            await visit.Page.Keyboard.PressAsync("Enter");
            await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = page, Exact = true })).ToHaveAttributeAsync("aria-current", "page");
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
